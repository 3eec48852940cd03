package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
)

// bom says what one binary and its image are made of, as CycloneDX: the modules
// that Go wrote into the binary, Go's own library, and the module that the
// certificates are from.
type bom struct {
	platform platform
	document []byte
}

type document struct {
	Format      string      `json:"bomFormat"`
	SpecVersion string      `json:"specVersion"`
	Version     int         `json:"version"`
	Metadata    metadata    `json:"metadata"`
	Components  []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	URL        string     `json:"purl,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func bomOf(program []byte, from origin, p platform) (bom, error) {
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return bom{}, fmt.Errorf("read what the operator for %s is made of: %w", p, err)
	}
	sum := sha256.Sum256(program)
	out := document{Format: "CycloneDX", SpecVersion: "1.6", Version: 1, Metadata: metadata{Component: component{
		Type: "application", Ref: "bowline", Name: "bowline", Version: from.version,
		Hashes:     []hash{{"SHA-256", hex.EncodeToString(sum[:])}},
		Properties: []property{{"bowline:platform", p.String()}, {"bowline:path", "/" + binaryPath}},
	}}}
	library := purl("std", strings.TrimPrefix(info.GoVersion, "go"))
	out.Components = append(out.Components, component{Type: "library", Ref: library, Name: "std", Version: info.GoVersion, URL: library})
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		out.Components = append(out.Components, module(m))
	}
	roots, err := rootsModule()
	if err != nil {
		return bom{}, err
	}
	certificates := module(roots)
	certificates.Properties = append(certificates.Properties, property{"bowline:path", "/" + authoritiesPath})
	out.Components = append(out.Components, certificates)
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return bom{}, err
	}
	return bom{platform: p, document: append(text, '\n')}, nil
}

// module describes a Go module. Its sum is over files and names, as go.sum has
// it, and so no plain hash.
func module(m *debug.Module) component {
	ref := purl(m.Path, m.Version)
	return component{Type: "library", Ref: ref, Name: m.Path, Version: m.Version, URL: ref, Properties: []property{{"go:sum", m.Sum}}}
}

func purl(path, version string) string {
	return "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
}

// rootsModule finds the module with the certificates among those of this program.
func rootsModule() (*debug.Module, error) {
	const path = "golang.org/x/crypto/x509roots/fallback"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil, fmt.Errorf("this program was built without modules, so the version of %s is not known: build it with go build or go run", path)
	}
	i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == path })
	if i < 0 {
		return nil, fmt.Errorf("%s is not among the modules of this program", path)
	}
	return info.Deps[i], nil
}
