"""Makes the small exports in this folder with the systems' own tools, all of the password "correct horse":

    python -m venv /tmp/exports && /tmp/exports/bin/pip install django werkzeug passlib bcrypt argon2-cffi
    /tmp/exports/bin/python tests/it/exports/make.py
"""

import csv
import io
import pathlib

import argon2
import bcrypt
import django
from django.conf import settings
from passlib import hash as passlib
from werkzeug.security import generate_password_hash

HERE = pathlib.Path(__file__).parent
PASSWORD = "correct horse"

DJANGO = "django.contrib.auth.hashers."
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    PASSWORD_HASHERS=[
        DJANGO + name
        for name in (
            "PBKDF2PasswordHasher",
            "PBKDF2SHA1PasswordHasher",
            "Argon2PasswordHasher",
            "BCryptSHA256PasswordHasher",
            "BCryptPasswordHasher",
            "ScryptPasswordHasher",
            "MD5PasswordHasher",
        )
    ],
)
django.setup()

from django.contrib.auth.hashers import get_hashers  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402


def table(name, heading, rows):
    with open(HERE / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows(rows)


def of_django():
    call_command("migrate", verbosity=0)
    staff = Group.objects.create(name="staff")
    for hasher in get_hashers():
        name = hasher.algorithm
        user = User(username=name, email=f"{name}@example.com", first_name="Ada", last_name="Roe, née Doe")
        # As few iterations as its documentation's way to change them allows: the tests verify each.
        fewer = {"iterations": 20_000} if "pbkdf2" in name else {}
        user.password = hasher.encode(PASSWORD, hasher.salt(), **fewer)
        user.save()
        user.groups.add(staff)
    nobody = User(username="nobody", email="nobody@example.com", is_active=False)
    nobody.set_unusable_password()
    nobody.save()
    dump = io.StringIO()
    call_command("dumpdata", "auth.group", "auth.user", indent=1, stdout=dump)
    (HERE / "django-dumpdata.json").write_text(dump.getvalue())
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM auth_user ORDER BY id")
        table("django-auth-user.csv", [column[0] for column in cursor.description], cursor.fetchall())


def of_werkzeug():
    methods = ["scrypt", "pbkdf2:sha256:20000", "pbkdf2:sha512:20000", "scrypt:16384:8:2"]
    rows = [(n, f"w{n}@example.com", generate_password_hash(PASSWORD, method)) for n, method in enumerate(methods)]
    table("flask-user.csv", ["id", "email", "password_hash"], rows)


def of_libraries():
    hashes = [
        bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode(),
        bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12, b"2a")).decode(),
        argon2.PasswordHasher().hash(PASSWORD),
        argon2.PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1, type=argon2.Type.I).hash(PASSWORD),
        argon2.PasswordHasher(memory_cost=8192, type=argon2.Type.D).hash(PASSWORD),
        passlib.pbkdf2_sha1.using(rounds=20_000).hash(PASSWORD),
        passlib.pbkdf2_sha256.using(rounds=20_000).hash(PASSWORD),
        passlib.pbkdf2_sha512.using(rounds=20_000).hash(PASSWORD),
        passlib.atlassian_pbkdf2_sha1.hash(PASSWORD),
        passlib.grub_pbkdf2_sha512.using(rounds=20_000).hash(PASSWORD),
        passlib.scrypt.hash(PASSWORD),
        passlib.ldap_salted_sha1.hash(PASSWORD),
        passlib.ldap_salted_sha512.hash(PASSWORD),
        passlib.ldap_md5.hash(PASSWORD),
        passlib.ldap_salted_md5.hash(PASSWORD),
        passlib.cta_pbkdf2_sha1.using(rounds=20_000).hash(PASSWORD),
        passlib.dlitz_pbkdf2_sha1.using(rounds=20_000).hash(PASSWORD),
        passlib.mssql2005.hash(PASSWORD),
        passlib.mysql41.hash(PASSWORD),
        passlib.postgres_md5.hash(PASSWORD, user="l19"),
        passlib.oracle11.hash(PASSWORD),
        passlib.phpass.hash(PASSWORD),
        passlib.sha512_crypt.hash(PASSWORD),
        passlib.sha256_crypt.hash(PASSWORD),
        passlib.md5_crypt.hash(PASSWORD),
        passlib.sha1_crypt.hash(PASSWORD),
        passlib.sun_md5_crypt.hash(PASSWORD),
        passlib.bsdi_crypt.hash(PASSWORD),
        passlib.des_crypt.hash(PASSWORD),
        passlib.fshp.hash(PASSWORD),
        passlib.scram.hash(PASSWORD),
        passlib.django_salted_sha1.hash(PASSWORD),
    ]
    table("passlib.csv", ["username", "email", "hashed"], [(f"l{n}", f"l{n}@example.com", text) for n, text in enumerate(hashes)])


of_django()
of_werkzeug()
of_libraries()
