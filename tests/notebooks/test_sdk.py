"""Auth0's own Python SDK on the practice tenant, as its users would use it."""

import gzip
import json
import subprocess
import time
import urllib.request

import pytest
from auth0.management import Auth0
from runner import ROOT


@pytest.fixture
def auth0():
    program = ROOT / "target" / "release" / "practice-tenant"
    with subprocess.Popen([program, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        lines = dict(process.stdout.readline().strip().split("=", 1) for _ in range(6))
        yield Auth0(base_url=lines["DOMAIN"] + "/api/v2", token=lines["MGMT_API_ACCESS_TOKEN"])
        process.kill()


def finished(auth0, job_id):
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        job = auth0.jobs.get(job_id)
        if job.status != "pending":
            return job
        time.sleep(0.05)
    raise AssertionError("the job did not end")


def test_the_sdk_imports_users_and_reads_the_report(auth0):
    [connection] = auth0.connections.list(name="Username-Password-Authentication")
    users = [{"email": "anna@uni.test", "username": "anna"}, {"email": "no-address"}]
    job = auth0.jobs.users_imports.create(
        users=("users.json", json.dumps(users), "application/json"), connection_id=connection.id)
    done = finished(auth0, job.id)
    assert (done.status, done.summary.inserted, done.summary.failed) == ("completed", 1, 1)
    [row] = auth0.jobs.errors.get(job.id)
    assert row.errors[0].code == "INVALID_FORMAT"
    [user] = auth0.users.list(q='email:"anna@uni.test"')
    assert (user.username, user.name) == ("anna", "anna@uni.test")
    assert auth0.users.get(user.user_id).nickname == "anna"
    auth0.users.delete(user.user_id)
    assert auth0.users.list_users_by_email(email="anna@uni.test") == []


def test_an_export_that_the_sdk_asks_for_is_a_gzip_file_of_lines(auth0):
    [connection] = auth0.connections.list(name="Username-Password-Authentication")
    users = [{"email": f"{name}@uni.test", "user_metadata": {"text": "x" * 10_000}} for name in ("anna", "bob")]
    job = auth0.jobs.users_imports.create(
        users=("users.json", json.dumps(users), "application/json"), connection_id=connection.id)
    finished(auth0, job.id)
    fields = [{"name": "email", "export_as": "mail"}, {"name": "user_metadata"}]
    export = auth0.jobs.users_exports.create(connection_id=connection.id, format="json", fields=fields)
    link = finished(auth0, export.id).location
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(link) as file:
        lines = gzip.decompress(file.read()).splitlines()
    assert [json.loads(line)["mail"] for line in lines] == ["anna@uni.test", "bob@uni.test"]
    assert len(json.loads(lines[0])["user_metadata"]["text"]) == 10_000


def test_a_user_is_changed_read_in_part_and_found_in_the_log(auth0):
    user = auth0.users.create(
        connection="Username-Password-Authentication", email="anna@uni.test", password="right", verify_email=False,
        user_metadata={"group": "a", "year": 1})
    traced = {"additional_headers": {"X-Correlation-ID": "an-sdk"}}
    changed = auth0.users.update(
        user.user_id, blocked=True, user_metadata={"year": None, "team": "b"}, request_options=traced)
    assert changed.blocked and changed.user_metadata == {"group": "a", "team": "b"}
    part = auth0.users.get(user.user_id, fields="email", include_fields=True)
    assert (part.email, part.user_id) == ("anna@uni.test", None)
    assert [found.email for found in auth0.users.list(q="-blocked:false")] == ["anna@uni.test"]
    entries = list(auth0.logs.list(search='references.correlation_id:"an-sdk"'))
    assert [(entry.type, entry.description) for entry in entries] == [("sapi", "Update a User")]


def test_what_a_connection_is_and_who_uses_it(auth0):
    [flexible] = auth0.connections.list(name="Flexible-Identifiers")
    assert flexible.options["attributes"]["username"]["validation"]["max_length"] == 20
    assert len(list(auth0.connections.clients.get(flexible.id, take=1))) == 2
