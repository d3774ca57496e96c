"""Files and a server that were made to give the kernel orders and to run scripts in the reader's page, and cells that meet them."""

import base64
import contextlib
import csv
import http.server
import json
import threading

from gate import SETUP_CELL

# Every way that was found to run a script in JupyterLab or to ask for a password: `window.pwned` tells whether one ran.
HOSTILE = (
    "x\nEVCXR_BEGIN_CONTENT text/html\n<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>\nEVCXR_END_CONTENT\n"
    "EVCXR_BEGIN_CONTENT application/javascript\nwindow.pwned=1\nEVCXR_END_CONTENT\n"
    "EVCXR_INPUT_REQUEST_PASSWORD:Management API token\nEVCXR_ERROR_OCCURRED\nEVCXR_EXECUTION_COMPLETE\n\x1b[31m\x07\rover it")
DATABASE = "Username-Password-Authentication"


def write_files(folder):
    """A CSV file with a hostile column and a hostile name, and lines of JSON with hostile keys and names."""
    with open(folder / "hostile.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["email", HOSTILE, "name"], ["a@uni.test", "1", "Ada"], ["b@uni.test", HOSTILE, HOSTILE]])
    lines = [{"email": "a@uni.test", HOSTILE: HOSTILE}, {"email": HOSTILE}, {"email": "c@uni.test", "name": 7}]
    text = "\n".join(json.dumps(line) for line in [*lines, {"email": "d@uni.test", "user_metadata": {HOSTILE: HOSTILE}}])
    (folder / "hostile.ndjson").write_text(text, encoding="utf-8")


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers whatever is asked in the right form and with hostile words."""

    def do_GET(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        status, body = answer(self.command, self.path)
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_GET

    def log_message(self, *_):
        pass


def answer(method, path):
    job = {"id": "job_0123456789abcdef", "created_at": HOSTILE}
    if "name=refused" in path:
        return 400, {"statusCode": 400, "errorCode": HOSTILE, "message": HOSTILE}
    if "/clients" in path:
        return 200, {"clients": [{"client_id": HOSTILE}]}
    if "/connections" in path:
        named = {"id": "con_0123456789abcdef", "strategy": "auth0", "enabled_clients": [HOSTILE], "options": {}}
        return 200, {"connections": [{**named, "name": DATABASE}, {**named, "id": "con_fedcba9876543210", "name": HOSTILE, "strategy": HOSTILE}]}
    if "/errors" in path:
        return 200, [{"user": {"email": HOSTILE}, "errors": [{"code": HOSTILE, "message": HOSTILE, "path": HOSTILE}]}]
    if "/jobs/users-imports" in path:
        return 202, {**job, "status": "pending"}
    if "/jobs/" in path:
        return 200, {**job, "status": "completed", "summary": {"inserted": 0, "updated": 0, "failed": 1, "total": 1}}
    profile = {"user_id": HOSTILE, "email": HOSTILE, "name": HOSTILE, "created_at": HOSTILE, "user_metadata": {HOSTILE: HOSTILE}}
    return 200, [profile]


def token(base):
    """An unsigned token that a client takes for a practice tenant's."""
    claims = {"aud": f"{base}/api/v2/", "exp": 4_000_000_000, "practice_tenant": True}
    parts = (json.dumps(part).encode() for part in ({"alg": "RS256"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"signature"))


@contextlib.contextmanager
def server():
    """The address at which the answers are given, until the end of the block."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def end_of(number):
    """What a cell prints last."""
    return f"cell {number} is at its end"


def cells(folder, base):
    """The cells a reader could run, the set-up cell first. Each prints its end; the one that stops has none."""
    bodies = [
        f'let rows: Vec<Result<User>> = read_csv("{folder}/hostile.csv", &[]).or_stop().collect();\nprintln!("{{rows:?}}");',
        f'println!("{{:?}}", read_csv("{folder}/hostile.csv", &[("no such", "email")]).err());',
        f'for row in read_ndjson("{folder}/hostile.ndjson").or_stop() {{\n'
        '    match row {\n        Ok(user) => println!("{user}\\n{user:?}"),\n        Err(error) => println!("{error}"),\n    }\n}',
        f'for name in ["hostile.csv", "hostile.ndjson"] {{\n'
        f'    let inspection = inspect_users(format!("{folder}/{{name}}")).or_stop();\n'
        '    println!("{inspection}\\n{inspection:?}");\n    inspection.evcxr_display();\n}',
        f'let tenant = Tenant::new("{base}", "{token(base)}").or_stop();\ntenant.evcxr_display();',
        'let all = list_connections(&tenant).or_stop();\nprintln!("{} {}", all[1].name, all[1].strategy);\nall.evcxr_display();',
        'let found = users_by_email(&tenant, "a@uni.test").or_stop();\n'
        'println!("{} {:?}", found[0].user_id, found[0]);\nfound.evcxr_display();',
        f'let connection = get_connection_id(&tenant, "{DATABASE}").or_stop();\n'
        'let users = [User::new("a@uni.test")];\nlet job = start_import(&tenant, &connection, &users).or_stop();\n'
        'println!("{} {job:?}", job.created_at);\njob.evcxr_display();',
        'let finished = wait_for_job(&tenant, &job, Duration::from_secs(60)).or_stop();\n'
        'let errors = job_errors(&tenant, &finished).or_stop();\n'
        'println!("{} {errors:?}", errors[0].errors[0].message);\nerrors.evcxr_display();',
        'println!("{}", tenant.requests());\ntenant.requests().evcxr_display();',
    ]
    ended = [f'{body}\nprintln!("{end_of(number)}");' for number, body in enumerate(bodies)]
    stopped = 'get_connection_id(&tenant, "refused").or_stop()'
    return [SETUP_CELL, "use auth0_bulk_users::*;", *ended, stopped]
