//! What a seed draws: who is imported and how, what the tenant is like, and what goes wrong. A plan is a value, so a failing
//! one can be made shorter.

use crate::chance::Chance;

/// One schedule.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is drawn on the way: ids, waits, torn bytes.
    pub seed: u64,
    /// The connection's name.
    pub connection: &'static str,
    /// The rows that are imported.
    pub people: Vec<Person>,
    /// Who is in the connection before.
    pub before: Vec<Person>,
    /// How they are imported.
    pub import: Import,
    /// What the tenant is like.
    pub tenant: Manner,
    /// What goes wrong with requests.
    pub troubles: Vec<Trouble>,
    /// What others do to the tenant meanwhile.
    pub others: Vec<Other>,
    /// How each process ends before its work is done.
    pub ends: Vec<End>,
    /// How each process of the removal ends before its work is done; `None`: the run is not removed.
    pub removal: Option<Vec<End>>,
}

/// A row, or who is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The e-mail.
    pub email: String,
    /// The username, where the connection takes one.
    pub username: Option<String>,
    /// An id of the row's own.
    pub user_id: Option<String>,
    /// Which password it has.
    pub hash: Hash,
}

/// A password as it is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// None.
    None,
    /// `password_hash`.
    Bcrypt,
    /// `custom_password_hash`.
    Custom,
}

/// How the rows are imported.
#[derive(Clone, Debug)]
pub struct Import {
    /// By `import_stream`.
    pub streams: bool,
    /// Whether users who are there are changed.
    pub upsert: bool,
    /// Whether Auth0 draws the ids.
    pub leaves_ids: bool,
    /// Whether each user is looked up before.
    pub looks_up: bool,
    /// Jobs at once.
    pub slots: usize,
    /// Requests a second.
    pub per_second: f64,
    /// Bytes of a file.
    pub file_bytes: usize,
    /// Seconds after which a job is given up.
    pub job_limit: u64,
}

/// What the tenant is like.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Users a second that its jobs take.
    pub job_speed: f64,
    /// Requests a second that it takes.
    pub rate: f64,
    /// Requests that it takes at once.
    pub burst: f64,
    /// Jobs that it takes at once.
    pub max_jobs: usize,
    /// Seconds that a token is valid.
    pub token_seconds: i64,
    /// Milliseconds until an answer.
    pub latency: u64,
    /// Switches and faults of the practice tenant that are on from the start.
    pub faults: Vec<(&'static str, f64)>,
}

/// A call that something goes wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// An upload.
    Upload,
    /// A job's state.
    Job,
    /// A job's report.
    Report,
    /// A search of users.
    Search,
    /// Users by e-mail.
    ByEmail,
    /// A user by id.
    User,
    /// A deletion.
    Delete,
    /// A token.
    Token,
}

/// All calls.
pub const CALLS: [Call; 8] = [
    Call::Upload,
    Call::Job,
    Call::Report,
    Call::Search,
    Call::ByEmail,
    Call::User,
    Call::Delete,
    Call::Token,
];

/// Something goes wrong with some calls of a kind.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Which kind.
    pub call: Call,
    /// The first that it happens to, from 0.
    pub first: usize,
    /// How many it happens to.
    pub count: usize,
    /// What happens.
    pub what: Wrong,
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It never reaches the tenant.
    LostBefore,
    /// The tenant does it, and no answer comes.
    LostAfter,
    /// The tenant does it, and half of the answer comes.
    CutOff,
    /// The tenant does it, and the answer takes so many seconds.
    Late(u64),
    /// It is answered with that status and a page from a proxy, and not done.
    Status(u16),
    /// It is done, and answered with that status.
    DoneThen(u16),
    /// It is answered 429 and not done; whether the answer says when to ask again.
    TooMany(bool),
    /// It is answered 200 with something that is not JSON, and not done.
    Garbage,
}

/// What others do, so many seconds after the beginning.
#[derive(Clone, Debug)]
pub struct Other {
    /// When.
    pub at: u64,
    /// What.
    pub does: Does,
}

/// What others do.
#[derive(Clone, Debug)]
pub enum Does {
    /// Import these.
    Imports(Vec<Person>),
    /// Delete the users with this e-mail.
    Deletes(String),
    /// Change the metadata of the users with this e-mail.
    Changes(String),
    /// Set a fault of the practice tenant, for so many seconds.
    Sets(&'static str, f64, u64),
}

/// How a process ends, and what comes before the next.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// Where it is killed; `None`: it goes on until it is done or gives up.
    pub kill: Option<Kill>,
    /// Whether the power fails then.
    pub power_cut: bool,
    /// Seconds until the next process begins.
    pub rest: u64,
    /// By how many seconds the machine's clock is set meanwhile.
    pub clock_set: i64,
    /// Whether the next process has the disk full for a while: bytes left.
    pub disk_left: Option<u64>,
}

/// Where a process is killed.
#[derive(Clone, Debug)]
pub enum Kill {
    /// At its so many-th request: before it is sent, or after the tenant has done it.
    Request(usize, bool),
    /// At its so many-th change of the disk, and how far that comes.
    Disk(usize, usize),
}

impl Plan {
    /// An import of nobody yet, into a quick tenant, with which nothing goes wrong: what a story is told from.
    #[must_use]
    pub fn quiet() -> Plan {
        Plan {
            seed: 1,
            connection: "Username-Password-Authentication",
            people: Vec::new(),
            before: Vec::new(),
            import: Import {
                streams: false,
                upsert: false,
                leaves_ids: false,
                looks_up: false,
                slots: 2,
                per_second: 2.0,
                file_bytes: 8_000,
                job_limit: 7_800,
            },
            tenant: Manner {
                job_speed: 1000.0,
                rate: 1000.0,
                burst: 1000.0,
                max_jobs: 2,
                token_seconds: 86_400,
                latency: 1,
                faults: Vec::new(),
            },
            troubles: Vec::new(),
            others: Vec::new(),
            ends: Vec::new(),
            removal: None,
        }
    }

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
        let import = Import::draw(chance, connection);
        let has_usernames = connection != "Email-Only-Users";
        let people = people(chance, has_usernames);
        let before = before(chance, &people);
        let tenant = Manner::draw(chance, &import);
        let troubles = match chance.percent(75) {
            true => (0..chance.between(0, 6))
                .map(|_| Trouble::draw(chance))
                .collect(),
            false => Vec::new(),
        };
        let others = match chance.percent(40) {
            true => others(chance, &people),
            false => Vec::new(),
        };
        let ends = match chance.percent(60) {
            true => (0..chance.between(0, 4))
                .map(|_| End::draw(chance))
                .collect(),
            false => Vec::new(),
        };
        let removal = chance.percent(70).then(|| {
            let ends = if chance.percent(40) {
                chance.between(0, 2)
            } else {
                0
            };
            (0..ends).map(|_| End::draw(chance)).collect()
        });
        Plan {
            seed,
            connection,
            people,
            before,
            import,
            tenant,
            troubles,
            others,
            ends,
            removal,
        }
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

/// An e-mail: one in twenty has what some take for odd.
fn email(chance: &mut Chance, who: &str, index: usize) -> String {
    match chance.between(1, 40) {
        1 => format!("{who}.{index}+tag@example.com"),
        2 => format!("{}.{index}@Example.com", who.to_uppercase()),
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

fn others(chance: &mut Chance, people: &[Person]) -> Vec<Other> {
    let mut others: Vec<Other> = Vec::new();
    for index in 0..chance.between(1, 4) {
        let like = people[chance.between(0, people.len() - 1)].clone();
        let other = || Some(format!("other-{index}"));
        let does = match chance.between(1, 7) {
            1 | 2 => Does::Imports(vec![Person {
                email: like.email.to_lowercase(),
                username: None,
                user_id: match chance.percent(40) {
                    true => like.user_id.or_else(other),
                    false => other(),
                },
                hash: Hash::Bcrypt,
            }]),
            3 => Does::Deletes(like.email.to_lowercase()),
            4 => Does::Changes(like.email.to_lowercase()),
            5 => Does::Sets("slots-held", 2.0, chance.one_of(&[5, 60, 1200])),
            6 => Does::Sets("token-expires", 1.0, 1),
            _ => Does::Sets(
                "search-lag",
                chance.one_of(&[5.0, 60.0]),
                chance.one_of(&[60, 1200]),
            ),
        };
        let at = chance.one_of(&[1, 5, 20, 60, 300, 3600]) + chance.between(0, 9) as u64;
        others.push(Other { at, does });
    }
    others.sort_by_key(|other| other.at);
    others
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
            per_second: chance.one_of(&[1.0, 2.0, 2.0, 10.0, 50.0]),
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
            faults.push((chance.one_of(&fault), chance.one_of(&[1.0, 1.0, 2.0])));
        }
        if chance.percent(8) {
            faults.push(("job-progress", 1.0));
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
        let what = match chance.between(1, 12) {
            1 | 2 => Wrong::LostBefore,
            3 | 4 => Wrong::LostAfter,
            5 => Wrong::CutOff,
            6 => Wrong::Late(chance.one_of(&[3, 50, 61, 200])),
            7 | 8 => Wrong::Status(chance.one_of(&[500, 502, 503, 504, 403, 404])),
            9 => Wrong::DoneThen(chance.one_of(&[500, 503])),
            10 | 11 => Wrong::TooMany(chance.percent(50)),
            _ => Wrong::Garbage,
        };
        Trouble {
            call,
            first: chance.one_of(&[0, 0, 1, 2, 5]),
            count: chance.one_of(&[1, 1, 1, 2, 5, 40]),
            what,
        }
    }
}

impl End {
    fn draw(chance: &mut Chance) -> End {
        let kill = match chance.between(1, 10) {
            1..=4 => Some(Kill::Disk(chance.between(0, 60), chance.between(0, 4_000))),
            5..=8 => Some(Kill::Request(chance.between(0, 25), chance.percent(50))),
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
