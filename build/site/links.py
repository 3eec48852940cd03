"""Links that lead out of docs lead to the repository."""

import posixpath
import re

OUT = re.compile(r"\]\((\.\./[^)\s]*)\)")


def on_page_markdown(markdown, page, config, **_):
    folder = posixpath.dirname(page.file.src_uri if hasattr(page.file, "src_uri") else page.file.src_path)

    def absolute(found):
        path = posixpath.normpath(posixpath.join("docs", folder, found.group(1)))
        if path.startswith("docs/"):
            return found.group(0)
        return f"]({config['repo_url'].rstrip('/')}/blob/main/{path})"

    return OUT.sub(absolute, markdown)
