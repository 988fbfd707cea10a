"""Local replacement of the Hub that supports uploads and downloads.

Repositories are kept in memory and all requests are recorded. A repository has one branch with all
its commits.
"""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

_DATE = "2026-01-01T00:00:00.000Z"
_LFS = (".parquet", ".safetensors", ".npz", ".png")


def _blob(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class MiniHub:
    """Server on 127.0.0.1 that runs until it is closed.

    Attributes:
        url: Address, for HF_ENDPOINT.
        repositories: (kind, "owner/name") → commits, each (id, path → bytes).
        tags: (kind, "owner/name") → tag → id of its commit.
        requests: (method, path) of all requests, in order.
        refuse: Status of the answer to every request that changes something, or None.
        ranges: Requested byte ranges of files, in order; None for a whole file.
        faults: Simulated errors, each [part of a path, status or "cut", remaining number of times];
            "cut" closes the connection in the middle of a file.
    """

    def __init__(self):
        self.repositories, self.requests, self.refuse, self.objects = {}, [], None, {}
        self.faults, self.ranges, self.tags = [], [], {}
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                hub.serve(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads, self.http.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def files(self, name, kind="dataset"):
        """Path → bytes of the newest commit."""
        return self.repositories[kind, name][-1][1]

    def serve(self, handler):
        address = urlsplit(handler.path)
        path = unquote(address.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.requests.append((handler.command, path))
        fault = self.fault(path, handler.command)
        if isinstance(fault, int):
            refusal = _json({"error": "not now"}, fault)
            status, headers, data = _missing("EntryNotFound") if fault == 404 else refusal
            headers |= {"Retry-After": "1"} if fault == 429 else {}
        elif self.refuse and handler.command in ("POST", "PUT"):
            status, headers, data = _json({"error": "not for you"}, self.refuse)
        elif path.startswith("/api/repos") and not handler.headers.get("Authorization"):
            status, headers, data = _json({"error": "who are you?"}, 401)
        else:
            query = parse_qs(address.query)
            status, headers, data = self.answer(handler, path.strip("/"), query, body)
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(data))} | headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(data[: len(data) // 2] if fault == "cut" else data)
        handler.close_connection |= fault == "cut"

    def fault(self, path, command):
        """Simulated error of this request, which is used up once; None without an error."""
        for row in self.faults:
            part, kind, times = row
            if part in path and times and not (kind == "cut" and command == "HEAD"):
                row[2] -= 1
                return kind
        return None

    def answer(self, handler, path, query, body):
        parts = path.split("/")
        if path == "api/whoami-v2":
            role = {"accessToken": {"role": "write"}}
            return _json({"type": "user", "name": "me", "id": "me", "orgs": [], "auth": role})
        if path == "api/validate-yaml":
            return _json({"errors": [], "warnings": []})
        if path == "api/repos/create":
            return self.create(json.loads(body))
        if parts[0] == "lfs":
            self.objects[parts[1]] = body
            return 200, {}, b""
        if path.endswith(".git/info/lfs/objects/batch"):
            return _json(
                {"transfer": "basic", "objects": self.uploads(json.loads(body)["objects"])}
            )
        if parts[0] == "api":
            kind, name, rest = parts[1].removesuffix("s"), "/".join(parts[2:4]), parts[4:]
            if (kind, name) in self.repositories:
                tags = self.tags.setdefault((kind, name), {})
                return self.api(self.repositories[kind, name], tags, name, rest, query, body)
        if "resolve" in parts:
            at = parts.index("resolve")
            kind = parts[0].removesuffix("s") if at == 3 else "model"
            key = (kind, "/".join(parts[at - 2 : at]))
            commits, tags = self.repositories.get(key), self.tags.get(key, {})
            if commits:
                revision = tags.get(parts[at + 1], parts[at + 1])
                self.ranges += [handler.headers.get("Range")] * (handler.command == "GET")
                return _file(handler, _commit(commits, revision), "/".join(parts[at + 2 :]))
        return _missing("RepoNotFound")

    def create(self, request):
        kind, name = (
            request.get("type") or "model",
            f"{request.get('organization') or 'me'}/{request['name']}",
        )
        path = name if kind == "model" else f"{kind}s/{name}"
        exists = (kind, name) in self.repositories
        self.repositories.setdefault((kind, name), [("0" * 40, {".gitattributes": b""})])
        return _json(
            {"url": f"{self.url}/{path}", "name": name, "id": name}, 409 if exists else 200
        )

    def uploads(self, objects):
        rows = []
        for item in objects:
            row = {"oid": item["oid"], "size": item["size"]}
            if item["oid"] not in self.objects:
                row["actions"] = {"upload": {"href": f"{self.url}/lfs/{item['oid']}"}}
            rows.append(row)
        return rows

    def api(self, commits, tags, name, rest, query, body):
        what, rest = (rest[0], rest[1:]) if rest else ("revision", ["main"])
        if what == "preupload":
            rows = json.loads(body)["files"]
            modes = [(r["path"], "lfs" if r["path"].endswith(_LFS) else "regular") for r in rows]
            return _json({"files": [{"path": p, "uploadMode": m, "shouldIgnore": False}
                                    for p, m in modes]})  # fmt: skip
        if what == "commit":
            return self.commit(commits, name, body)
        if what == "refs":
            main = {"name": "main", "ref": "refs/heads/main", "targetCommit": commits[-1][0]}
            refs = [{"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": oid}
                    for tag, oid in tags.items()]  # fmt: skip
            return _json({"branches": [main], "tags": refs, "converts": []})
        revision = rest[0] if rest else "main"
        commit = _commit(commits, tags.get(revision, revision))
        if commit is None:
            return _missing("RevisionNotFound")
        if what == "tag":
            return self.tag(tags, json.loads(body)["tag"], commit[0])
        oid, files = commit
        if what == "tree":
            return _tree(files, "/".join(rest[1:]), query)
        if what == "paths-info":
            return _json(_paths_info(files, _requested_paths(body)))
        if what == "revision":
            return _json({
                "_id": "0" * 24, "id": name, "author": name.split("/")[0], "sha": oid,
                "lastModified": _DATE, "createdAt": _DATE, "private": False, "gated": False,
                "disabled": False, "downloads": 0, "likes": 0, "tags": [],
                "siblings": [{"rfilename": path} for path in files],
            })  # fmt: skip
        return _missing("EntryNotFound")

    def tag(self, tags, tag, oid):
        if tag in tags:
            return _json({"error": f"tag {tag} exists"}, 409)
        tags[tag] = oid
        return _json({})

    def commit(self, commits, name, body):
        files = dict(commits[-1][1])
        for line in body.splitlines():
            row = json.loads(line)
            value = row["value"]
            if row["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif row["key"] == "lfsFile":
                files[value["path"]] = self.objects[value["oid"]]
            elif row["key"] == "deletedFile":
                files.pop(value["path"], None)
        state = json.dumps([name, len(commits), sorted((p, _blob(b)) for p, b in files.items())])
        oid = hashlib.sha1(state.encode()).hexdigest()
        commits.append((oid, files))
        url = f"{self.url}/datasets/{name}/commit/{oid}"
        return _json({"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""})


def _json(content, status=200):
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


def _missing(what):
    status, headers, data = _json({"error": what}, 404)
    return status, headers | {"X-Error-Code": what, "X-Error-Message": what}, data


def _commit(commits, revision):
    if revision in ("main", "HEAD"):
        return commits[-1]
    return next((commit for commit in commits if commit[0] == revision), None)


def _entry(path, data):
    return {"type": "file", "path": path, "size": len(data), "oid": _blob(data)}


def _folder(path):
    return {"type": "directory", "path": path, "size": 0, "oid": "0" * 40}


def _tree(files, below, query):
    inside = {p: data for p, data in files.items() if not below or p.startswith(below + "/")}
    if below and not inside:
        return _missing("EntryNotFound")
    deep = query.get("recursive", ["false"])[0].lower() in ("true", "1")
    rows, folders = [], set()
    for path, data in sorted(inside.items()):
        parts = path.removeprefix(below).strip("/").split("/")
        shown = len(parts) if deep else min(2, len(parts))
        folders |= {"/".join([*([below] if below else []), *parts[:n]]) for n in range(1, shown)}
        rows += [_entry(path, data)] if deep or len(parts) == 1 else []
    return _json([*map(_folder, sorted(folders)), *rows])


def _requested_paths(body):
    try:
        return json.loads(body)["paths"]
    except ValueError:
        return parse_qs(body.decode()).get("paths", [])


def _paths_info(files, paths):
    rows = []
    for path in (path.strip("/") for path in paths):
        if path in files:
            rows.append(_entry(path, files[path]))
        elif any(name.startswith(path + "/") for name in files):
            rows.append(_folder(path))
    return rows


def _file(handler, commit, path):
    if commit is None:
        return _missing("RevisionNotFound")
    oid, files = commit
    if path not in files:
        status, headers, data = _missing("EntryNotFound")
        return status, headers | {"X-Repo-Commit": oid}, data
    data = files[path]
    headers = {"X-Repo-Commit": oid, "ETag": f'"{_blob(data)}"', "Accept-Ranges": "bytes",
               "Content-Type": "application/octet-stream"}  # fmt: skip
    byte_range = handler.headers.get("Range")
    if handler.command == "HEAD" or not byte_range:
        return 200, headers, data
    first, _, last = byte_range.removeprefix("bytes=").partition("-")
    first, last = int(first or 0), min(int(last or len(data) - 1), len(data) - 1)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return 206, headers, data[first : last + 1]
