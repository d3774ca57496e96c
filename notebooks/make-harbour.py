"""Writes harbour.csv, the file of lesson 06: 20,000 users of the sailing club Harbour. The club and everybody in it are invented.

The club's application (Rails with Devise) took over the users of a forum (phpBB) and of a shop, with their hashes. The rows are the same
each time. A hash is slow to make, so there are only the few passwords below. Except for the shop, all users of a system share the
hashes of these; in a real file each hash has a salt of its own. The script needs nothing but Python.
"""

import csv
import hashlib
import io
import os
import random

FILE = "harbour.csv"
HEADING = [
    "id", "email", "encrypted_password", "reset_password_token", "remember_created_at", "sign_in_count", "current_sign_in_at",
    "confirmed_at", "provider", "uid", "name", "locale", "created_at", "otp_required_for_login", "shop_pw", "shop_salt", "plan"]

# bcrypt at cost 12, as Devise makes it, of "Fischbrötchen 7" and "port and starboard".
APP = ["$2a$12$aLesson06aLesson06aLeeFIzyFINWcznxE1Ihg0kQPBjVpWErvVW", "$2a$12$bLesson06bLesson06bLee7.gJCakE5hPg36kKcFp3JmdvperzE5G"]
# bcrypt at cost 10, as PHP makes it, of "ahoy" and "all hands".
FORUM = ["$2y$10$cLesson06cLesson06cLeeRw8wmDzjNBWE4WoZoBiM1aQ2yoZB2Y.", "$2y$10$dLesson06dLesson06dLeeoPuVf2mTO8fAVbAmvxxW09CVVdvbkmO"]
# phpass, as older versions of phpBB made it, of "keelhaul".
OLD_FORUM = ["$H$9eLesson6.gv6Yesk/4k5Ys7bJ0KmL0"]
SHOP = ["Möwe 12", "ballast", "high tide", "low tide"]

# How many users there are of each kind. The test accounts come first; the rest are shuffled.
KINDS = {
    "app": 5_900, "forum": 3_400, "old forum": 600, "shop": 3_600, "google": 4_800, "apple": 1_200, "invited": 294,
    "intranet": 60, "twin": 40, "no address": 60, "no date": 30, "torn": 10}
TESTERS = [("app", "test.app"), ("app", "test.app2"), ("forum", "test.forum"), ("shop", "test.shop"), ("shop", "test.shop2"),
           ("old forum", "test.oldforum")]

FIRST = "Ada Ben Cleo Dan Eve Finn Gus Hana Ida Jon Kim Lea Max Nora Ole Pia Quin Rosa Sam Tilda Ulf Vera Wim Yara".split()
LAST = "Anker Boje Deck Fock Gaffel Hafen Kiel Leine Luv Mast Pinne Reling Schot Stag Takel Wanten".split()


def name_of(draw):
    return f"{draw.choice(FIRST)} {draw.choice(LAST)}"


def date_of(draw, first_year, last_year):
    return f"{draw.randint(first_year, last_year)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02} {draw.randint(0, 23):02}:00:00"


def user(draw, number, kind, address):
    """A row with the columns of the heading; those that are not set are empty."""
    row = dict.fromkeys(HEADING, "")
    name = name_of(draw)
    address = address or f"{name.lower().replace(' ', '.')}.{number}"
    row |= {
        "id": number, "email": f"{address}@harbour.test", "sign_in_count": draw.randint(0, 400), "name": name,
        "locale": draw.choice(["en", "de", "da"]), "created_at": date_of(draw, 2012, 2022), "plan": draw.choice(["free", "crew"])}
    if draw.random() < 0.9:
        row["confirmed_at"] = date_of(draw, 2023, 2025)
    row |= password(draw, number, kind)
    return row


def password(draw, number, kind):
    # The test accounts take the passwords in turn, in this order.
    def one_of(several):
        return several[(number - 1) % len(several)]

    if kind == "forum" or kind == "twin":
        return {"encrypted_password": FORUM[0] if number < 10 else one_of(FORUM)}
    if kind == "old forum":
        return {"encrypted_password": one_of(OLD_FORUM)}
    if kind == "shop":
        salt = f"{draw.getrandbits(32):08x}"
        word = SHOP[number - 4] if number < 10 else one_of(SHOP)
        return {"shop_pw": hashlib.sha256((salt + word).encode()).hexdigest(), "shop_salt": salt}
    if kind in ("google", "apple"):
        provider = {"google": "google_oauth2", "apple": "apple"}[kind]
        return {"provider": provider, "uid": draw.randrange(10**20, 10**21)}
    if kind == "invited":
        return {"confirmed_at": ""}
    factor = {"otp_required_for_login": "t"} if draw.random() < 0.04 and number > 10 else {}
    return {"encrypted_password": one_of(APP)} | factor


def spoil(row, kind, earlier):
    """Puts its mistake into a row of a kind that has one."""
    if kind == "intranet":
        row["email"] = row["email"].removesuffix(".test")
    elif kind == "no address":
        row["email"] = row["email"].replace("@", " at ")
    elif kind == "no date":
        row["confirmed_at"] = "by telephone"
    elif kind == "twin":
        row["email"] = earlier.upper()


def line(row, kind):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row.values())
    # A torn row has lost its last three cells, as if the export had broken off there.
    return text.getvalue().rsplit(",", 3)[0] + "\n" if kind == "torn" else text.getvalue()


def main():
    draw = random.Random(6)
    kinds = [kind for kind, count in KINDS.items() for _ in range(count)]
    draw.shuffle(kinds)
    # A twin repeats an earlier row, so twins come last.
    kinds.sort(key=lambda kind: kind == "twin")
    everybody = TESTERS + [(kind, None) for kind in kinds]
    lines, emails = [",".join(HEADING) + "\n"], []
    for number, (kind, address) in enumerate(everybody, 1):
        row = user(draw, number, kind, address)
        if kind == "app":
            emails.append(row["email"])
        spoil(row, kind, draw.choice(emails))
        lines.append(line(row, kind))
    # Readable by its owner alone from the first byte on, as every file with hashes should be.
    with open(os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.writelines(lines)
    os.chmod(FILE, 0o600)
    print(f"{FILE}: {len(everybody):,} rows, readable by you alone")


main()
