package main

import (
	"context"
	"fmt"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// limit is how long Argo CD lets a script run.
const limit = time.Second

// execute runs a script on an object as Argo CD does one that is not its own:
// with the libraries package, base and table and, of os, with date and time
// alone, which only require("os") hands out. In particular there is no string
// and no math. It returns what the script returns.
func execute(script string, obj map[string]any) (any, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for _, library := range []struct {
		name string
		open lua.LGFunction
	}{{lua.LoadLibName, lua.OpenPackage}, {lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable}} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(library.open), Protect: true}, lua.LString(library.name)); err != nil {
			return nil, fmt.Errorf("open the library %s: %w", library.name, err)
		}
	}
	state.PreloadModule(lua.OsLibName, safeOS)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("actionParams", state.NewTable())
	state.SetGlobal("obj", toLua(state, obj))
	if err := state.DoString(script); err != nil {
		return nil, err
	}
	return fromLua(state.Get(-1)), nil
}

// safeOS hands out what is left of the library os, which is opened whole in a
// state of its own.
func safeOS(state *lua.LState) int {
	aside := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer aside.Close()
	lua.OpenOs(aside)
	whole := aside.CheckTable(-1)
	module := state.NewTable()
	for _, name := range []string{"date", "time"} {
		if function, ok := whole.RawGetString(name).(*lua.LFunction); ok {
			module.RawSetString(name, state.NewFunction(function.GFunction))
		}
	}
	state.Push(module)
	return 1
}

// toLua turns what JSON can hold into what Lua can.
func toLua(state *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case nil:
		return lua.LNil
	case bool:
		return lua.LBool(v)
	case string:
		return lua.LString(v)
	case float64:
		return lua.LNumber(v)
	case []any:
		list := state.CreateTable(len(v), 0)
		for _, item := range v {
			list.Append(toLua(state, item))
		}
		return list
	case map[string]any:
		table := state.CreateTable(0, len(v))
		for key, item := range v {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	}
	panic(fmt.Sprintf("%T is nothing JSON knows", value))
}

// fromLua turns it back. An empty table is an empty list, for Lua cannot tell
// it from an empty object; Argo CD takes the kind from the object as it was,
// and so does restore.
func fromLua(value lua.LValue) any {
	switch v := value.(type) {
	case lua.LBool:
		return bool(v)
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return float64(v)
	case *lua.LTable:
		if v.MaxN() > 0 {
			list := []any{}
			for i := 1; i <= v.MaxN(); i++ {
				list = append(list, fromLua(v.RawGetInt(i)))
			}
			return list
		}
		object := map[string]any{}
		v.ForEach(func(key, item lua.LValue) { object[key.String()] = fromLua(item) })
		if len(object) == 0 {
			return []any{}
		}
		return object
	}
	return nil
}

// restore makes empty lists objects where they were objects before.
func restore(now, before any) any {
	switch was := before.(type) {
	case map[string]any:
		if list, ok := now.([]any); ok && len(list) == 0 {
			return map[string]any{}
		}
		if object, ok := now.(map[string]any); ok {
			for key, item := range object {
				object[key] = restore(item, was[key])
			}
		}
	case []any:
		if list, ok := now.([]any); ok {
			for i := range min(len(list), len(was)) {
				list[i] = restore(list[i], was[i])
			}
		}
	}
	return now
}

// healthOf returns what a health.lua says of an App.
func healthOf(script string, app map[string]any) (status, message string, err error) {
	said, err := execute(script, app)
	if err != nil {
		return "", "", err
	}
	object, ok := said.(map[string]any)
	if !ok {
		return "", "", fmt.Errorf("the script returns %v, no table", said)
	}
	status, _ = object["status"].(string)
	message, _ = object["message"].(string)
	switch status {
	case "Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown":
		return status, message, nil
	}
	return "", "", fmt.Errorf("%q is no health that Argo CD knows", status)
}

func read(file string) (string, error) {
	data, err := os.ReadFile(file) //nolint:gosec // it is the file that the command line names
	return string(data), err
}
