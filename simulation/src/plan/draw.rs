//! Draws a plan.

use crate::chance::Chance;
use crate::plan::{
    CALLS, Call, Does, End, Hash, Import, Kill, Manner, Other, Person, Plan, Tells, Trouble, Wrong,
};
use crate::truth::known;

impl Plan {
    /// What the seed draws.
    #[must_use]
    pub fn of(seed: u64) -> Plan {
        let chance = &mut Chance::of(seed);
        let connection = chance.one_of(&[
            "Username-Password-Authentication",
            "Username-Password-Authentication",
            "Email-Only-Users",
            "Shared-Emails",
        ]);
        let mut import = Import::draw(chance, connection);
        let has_usernames = connection != "Email-Only-Users";
        let people = people(chance, has_usernames);
        let before = before(chance, &people);
        let elsewhere = match chance.percent(20) {
            true => elsewhere(chance, &people, has_usernames),
            false => Vec::new(),
        };
        let mut tenant = Manner::draw(chance, &import);
        let troubles = sometimes(chance, 75, 6, Trouble::draw);
        let others = match chance.percent(40) {
            true => others(chance, &people),
            false => Vec::new(),
        };
        let mut troubles = troubles;
        if chance.percent(3) {
            troubles = nobody_may_be_looked_at(chance);
        }
        let ends = sometimes(chance, 60, 4, End::draw);
        let removal = chance.percent(70);
        let removal = removal.then(|| sometimes(chance, 40, 2, End::draw));
        let looks_late = chance.percent(33);
        if looks_late && chance.percent(40) {
            tenant_is_slow(&mut import, &mut tenant);
        }
        let mut plan = Plan {
            seed,
            connection,
            people,
            before,
            elsewhere,
            import,
            tenant,
            troubles,
            others,
            ends,
            looks_late,
            looks_twice: chance.percent(50),
            rest: chance.one_of(&[0, 0, 60, 600, 4_000]),
            one_handle: chance.percent(50),
            cleans_up: false,
            removes_again: false,
            alone: chance.percent(10),
            one_process: false,
            removal,
        };
        plan.cleans_up = (plan.one_handle || plan.alone) && chance.percent(40);
        if plan.alone {
            plan.is_of_one_job();
        }
        plan.removes_again = chance.percent(40);
        if plan.removes_again && chance.percent(50) {
            plan.has_two_jobs_at_work(chance);
        }
        if !plan.alone && chance.percent(12) {
            plan.is_of_one_process(chance);
        }
        plan
    }

    /// What fails is cleaned up by the process that began it: its disk has a fault, or is full.
    fn is_of_one_process(&mut self, chance: &mut Chance) {
        let end = match chance.percent(60) {
            true => End {
                kill: Some(Kill::Fault(chance.between(0, 60))),
                ..End::default()
            },
            false => End {
                disk_left: Some(chance.between(0, 12_000) as u64),
                ..End::default()
            },
        };
        self.ends = vec![end];
        (self.one_process, self.cleans_up) = (true, true);
        (self.one_handle, self.looks_late) = (false, false);
        self.removal = Some(Vec::new());
    }

    /// An upload is lost, its file is sent again, and both jobs are at work when the run is removed.
    fn has_two_jobs_at_work(&mut self, chance: &mut Chance) {
        tenant_is_slow(&mut self.import, &mut self.tenant);
        self.looks_late = false;
        self.rest = 0;
        self.troubles.push(Trouble {
            call: Call::Upload,
            first: chance.between(0, 1),
            count: 1,
            // So the second job comes to each row later than the first.
            what: Wrong::Late(200),
        });
    }

    /// Nothing is written down that another process could go on with.
    fn is_of_one_job(&mut self) {
        self.import.file_bytes = 60_000;
        self.ends.clear();
        self.looks_late = false;
        self.one_handle = false;
    }
}

/// Jobs outlive their limit, so that users come in when they were given up.
fn tenant_is_slow(import: &mut Import, tenant: &mut Manner) {
    (import.job_limit, tenant.job_speed) = (300, 0.05);
}

/// An upload is lost, and the tenant refuses to show who came in by it.
fn nobody_may_be_looked_at(chance: &mut Chance) -> Vec<Trouble> {
    let status = chance.one_of(&[403, 408]);
    let trouble = |call, count, what| Trouble {
        call,
        first: 0,
        count,
        what,
    };
    vec![
        trouble(Call::Upload, 1, Wrong::LostAfter),
        trouble(Call::Search, 20, Wrong::Status(403)),
        trouble(Call::User, 20, Wrong::Status(status)),
    ]
}

/// Up to so many of them in some plans of a hundred, else none.
fn sometimes<T>(
    chance: &mut Chance,
    likely: usize,
    most: usize,
    draw: fn(&mut Chance) -> T,
) -> Vec<T> {
    match chance.percent(likely) {
        true => (0..chance.between(0, most)).map(|_| draw(chance)).collect(),
        false => Vec::new(),
    }
}

fn people(chance: &mut Chance, has_usernames: bool) -> Vec<Person> {
    let most = chance.one_of(&[3, 8, 20, 60]);
    let own_ids = chance.one_of(&[0, 0, 10, 100]);
    let mut people: Vec<Person> = Vec::new();
    for index in 0..chance.between(1, most) {
        let twin = index > 0 && chance.percent(3);
        let email = match twin {
            true => people[chance.between(0, index - 1)].email.clone(),
            false => email(chance, "row", index),
        };
        people.push(Person {
            email,
            username: (has_usernames && chance.percent(40)).then(|| format!("row{index}")),
            user_id: chance.percent(own_ids).then(|| format!("own-{index}")),
            hash: chance.one_of(&[Hash::None, Hash::Bcrypt, Hash::Bcrypt, Hash::Custom]),
        });
    }
    people
}

/// An e-mail: one in thirty has what some take for odd, and one in sixty is none.
fn email(chance: &mut Chance, who: &str, index: usize) -> String {
    match chance.between(1, 60) {
        1 => format!("{who}.{index}+tag@example.com"),
        2 => format!("{}.{index}@Example.com", who.to_uppercase()),
        3 => format!("{who}.{index} has none"),
        _ => format!("{who}.{index}@example.com"),
    }
}

/// Who is there: some have what a row has, the e-mail, the username or the id, and the rest have nothing to do with it.
fn before(chance: &mut Chance, people: &[Person]) -> Vec<Person> {
    let mut before = Vec::new();
    for index in 0..chance.one_of(&[0, 0, 1, 3, 8]) {
        let like = people[chance.between(0, people.len() - 1)].clone();
        let own = Person {
            email: format!("before.{index}@example.com"),
            username: None,
            user_id: Some(format!("before-{index}")),
            hash: Hash::Bcrypt,
        };
        before.push(match chance.between(1, 10) {
            1..=4 => Person {
                email: like.email.to_lowercase(),
                ..own
            },
            5 => Person {
                username: like.username,
                ..own
            },
            // Whoever was imported before by the same file, or has somebody's id.
            6..=7 => Person {
                email: like.email.to_lowercase(),
                username: like.username,
                user_id: like.user_id.or(own.user_id),
                hash: Hash::Bcrypt,
            },
            8 => Person {
                user_id: like.user_id.or(own.user_id),
                ..own
            },
            _ => own,
        });
    }
    before
}

/// Who is in another connection: with what a row has, all of it or a part.
fn elsewhere(chance: &mut Chance, people: &[Person], has_usernames: bool) -> Vec<Person> {
    let mut elsewhere: Vec<Person> = Vec::new();
    for index in 0..chance.between(1, 4) {
        let like = people[chance.between(0, people.len() - 1)].clone();
        let own = Some(format!("elsewhere-{index}"));
        let username = like
            .username
            .filter(|_| has_usernames && chance.percent(50));
        let is_taken = |one: &Person| one.username == username || one.user_id == like.user_id;
        let is_twin = elsewhere.iter().any(is_taken);
        elsewhere.push(Person {
            email: match chance.percent(80) {
                true => like.email.to_lowercase(),
                false => format!("elsewhere.{index}@example.com"),
            },
            username: username.filter(|_| !is_twin),
            user_id: like
                .user_id
                .filter(|_| !is_twin && chance.percent(60))
                .or(own),
            hash: Hash::None,
        });
    }
    elsewhere
}

fn others(chance: &mut Chance, people: &[Person]) -> Vec<Other> {
    let mut others: Vec<Other> = Vec::new();
    for index in 0..chance.between(1, 4) {
        let does = Does::draw(chance, people, index);
        let at = chance.one_of(&[1, 5, 20, 60, 300, 3600]) + chance.between(0, 9) as u64;
        others.push(Other { at, does });
    }
    others.sort_by_key(|other| other.at);
    others
}

impl Does {
    fn draw(chance: &mut Chance, people: &[Person], index: usize) -> Does {
        let like = people[chance.between(0, people.len() - 1)].clone();
        let email = like.email.to_lowercase();
        let other = || Some(format!("other-{index}"));
        let person = |chance: &mut Chance| Person {
            email: email.clone(),
            username: None,
            user_id: match chance.percent(40) {
                true => like.user_id.clone().or_else(other),
                false => other(),
            },
            hash: Hash::Bcrypt,
        };
        match chance.between(1, 10) {
            1 | 2 => Does::Imports(vec![person(chance)]),
            3 => Does::ImportsElsewhere(vec![person(chance)]),
            4 => Does::Deletes(email),
            5 | 6 => Does::Replaces(email),
            7 => Does::Changes(email),
            8 => Does::Sets("slots-held", 2.0, chance.one_of(&[5, 60, 1200])),
            9 => Does::Sets("token-expires", 1.0, 1),
            _ => Does::Sets(
                "search-lag",
                chance.one_of(&[5.0, 60.0]),
                chance.one_of(&[60, 1200]),
            ),
        }
    }
}

impl Import {
    fn draw(chance: &mut Chance, connection: &str) -> Import {
        let upsert = connection != "Shared-Emails" && chance.percent(35);
        Import {
            streams: chance.percent(40),
            upsert,
            leaves_ids: connection != "Shared-Emails" && chance.percent(12),
            looks_up: !upsert && chance.percent(12),
            slots: chance.one_of(&[1, 2, 2, 2]),
            per_second: chance.one_of(&[0.5, 1.0, 2.0, 2.0, 10.0, 50.0]),
            file_bytes: chance.one_of(&[700, 1_100, 1_500, 3_000, 8_000]),
            job_limit: chance.one_of(&[7_200, 7_200, 7_800, 300]),
        }
    }
}

impl Manner {
    fn draw(chance: &mut Chance, import: &Import) -> Manner {
        let mut faults = Vec::new();
        if chance.percent(10) {
            faults.push(("search-lag", chance.one_of(&[2.0, 30.0, 600.0])));
        }
        if chance.percent(20) {
            let fault = [
                "job-fails",
                "job-fails-midway",
                "job-lost",
                "job-hangs",
                "report-lost",
            ];
            faults.push((chance.one_of(&fault), chance.one_of(&[1.0, 1.0, 2.0, 40.0])));
        }
        let sometimes: [(usize, &'static str, &[f64]); 7] = [
            (8, "job-progress", &[1.0]),
            (6, "job-late", &[3.0, 8.0]),
            (6, "job-speed-later", &[0.02, 5.0, 1000.0]),
            (4, "job-slow", &[1.0, 2.0]),
            (5, "match-by-id", &[1.0]),
            (4, "options-withheld", &[1.0]),
            (3, "token-quota", &[1.0, 2.0]),
        ];
        for (likely, name, numbers) in sometimes {
            if chance.percent(likely) {
                faults.push((name, chance.one_of(numbers)));
            }
        }
        Manner {
            job_speed: chance.one_of(&[0.05, 0.5, 5.0, 5.0, 50.0, 1000.0]),
            rate: if chance.percent(80) {
                1000.0
            } else {
                import.per_second
            },
            burst: if chance.percent(80) {
                1000.0
            } else {
                import.per_second.max(2.0)
            },
            max_jobs: chance.one_of(&[2, 2, 2, 1]),
            token_seconds: chance.one_of(&[86_400, 86_400, 600, 120]),
            latency: chance.one_of(&[1, 50, 50, 900]),
            faults,
        }
    }
}

impl Trouble {
    fn draw(chance: &mut Chance) -> Trouble {
        let call = chance.one_of(&CALLS);
        Trouble {
            call,
            what: Wrong::draw(chance, call),
            first: chance.one_of(&[0, 0, 1, 2, 5]),
            count: chance.one_of(&[1, 1, 1, 2, 5, 40]),
        }
    }
}

impl Wrong {
    fn draw(chance: &mut Chance, call: Call) -> Wrong {
        let of_tells = [Tells::Nothing, Tells::Seconds, Tells::Date, Tells::Reset];
        let of_pages = [500, 502, 503, 504, 403, 404, 400, 408, 414];
        match chance.between(1, 15) {
            1 | 2 => Wrong::LostBefore,
            3 | 4 => Wrong::LostAfter,
            5 => Wrong::CutOff,
            6 => Wrong::Late(chance.one_of(&[3, 50, 61, 200])),
            7 | 8 => Wrong::Status(chance.one_of(&of_pages)),
            9 if call == Call::Upload => Wrong::DoneThen(chance.one_of(&[500, 503, 408, 409])),
            9 => Wrong::DoneThen(chance.one_of(&[500, 503, 408])),
            10 | 11 => Wrong::TooMany(chance.one_of(&of_tells)),
            12 if call != Call::Report => Wrong::Garbage,
            12..=14 if call == Call::Report => Wrong::Refused(chance.one_of(&[400, 404, 404])),
            // A deletion that is answered with anything readable is done.
            13 if call == Call::Upload && chance.percent(50) => Wrong::Nameless,
            13 if call != Call::Delete
                && (call != Call::User || known::WHAT_IS_NO_USER_IS_NO_ANSWER) =>
            {
                Wrong::Empty
            }
            14 if call == Call::Search => Wrong::Refused(chance.one_of(&[400, 414])),
            14 if call == Call::Upload => Wrong::Refused(chance.one_of(&[400, 408])),
            _ if call == Call::Report => Wrong::Echoes,
            _ => Wrong::LostAfter,
        }
    }
}

impl End {
    fn draw(chance: &mut Chance) -> End {
        let kill = match chance.between(1, 10) {
            1..=4 => Some(Kill::Disk(chance.between(0, 60), chance.between(0, 4_000))),
            5..=8 => Some(Kill::Request(chance.between(0, 25), chance.percent(50))),
            9 => Some(Kill::Fault(chance.between(0, 60))),
            _ => None,
        };
        End {
            kill,
            power_cut: chance.percent(30),
            rest: chance.one_of(&[0, 1, 60, 60, 3_600, 90_000]),
            clock_set: match chance.percent(15) {
                true => chance.one_of(&[-7_200, -60, 3_600, 14_400]),
                false => 0,
            },
            disk_left: chance.percent(8).then(|| chance.between(0, 6_000) as u64),
        }
    }
}
