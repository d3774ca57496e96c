//! What a seed draws: who is imported and how, what the tenant is like, and what goes wrong. A plan is a value, so a failing
//! one can be made shorter. `draw.rs` draws it.

mod draw;

use std::time::Duration;

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
    /// Who is in another connection before.
    pub elsewhere: Vec<Person>,
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
    /// Whether each run is read again hours later, when no job can be at work any more.
    pub looks_late: bool,
    /// Whether that is done once before, when the jobs that nobody waits for may be at work.
    pub looks_twice: bool,
    /// Seconds between that and the removal.
    pub rest: u64,
    /// Whether the process that imported removes too, with the same handle of the tenant.
    pub one_handle: bool,
    /// Whether they are removed by what the handle remembers.
    pub cleans_up: bool,
    /// Whether the run is removed once more, hours later.
    pub removes_again: bool,
    /// Whether all rows are sent by one job, without a run.
    pub alone: bool,
    /// Whether one process imports and cleans up, also when its import fails.
    pub one_process: bool,
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
    /// It is answered 429 and not done.
    TooMany(Tells),
    /// It is answered 200 with something that is not JSON, and not done.
    Garbage,
    /// It is answered 200 with JSON of another kind, and not done.
    Empty,
    /// An upload is done, and answered 202 without the job's id.
    Nameless,
    /// The tenant refuses it with that status.
    Refused(u16),
    /// It is done, and the answer repeats hashes that were sent.
    Echoes,
}

impl Wrong {
    /// Whether the tenant does what it was asked.
    #[must_use]
    pub fn is_done(self) -> bool {
        use Wrong::{CutOff, DoneThen, Echoes, Late, LostAfter, Nameless};
        matches!(
            self,
            LostAfter | CutOff | Late(_) | DoneThen(_) | Echoes | Nameless
        )
    }

    /// How long it says to wait.
    #[must_use]
    pub fn wait(self) -> Option<Duration> {
        match self {
            Wrong::TooMany(tells) => tells.wait(),
            _ => None,
        }
    }

    /// Whether it says that something does not show what was asked for.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(self, Wrong::Status(400..500) | Wrong::Refused(_))
    }
}

/// How a limit says when to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// Not at all.
    Nothing,
    /// In seconds.
    Seconds,
    /// By a date.
    Date,
    /// By when the next request is let through.
    Reset,
}

impl Tells {
    /// How long it says to wait. What says when the next request is let through is a matter of seconds.
    #[must_use]
    pub fn wait(self) -> Option<Duration> {
        match self {
            Tells::Nothing => None,
            Tells::Seconds | Tells::Date => Some(Duration::from_secs(20)),
            Tells::Reset => Some(Duration::from_secs(7)),
        }
    }
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
    /// Import these into another connection.
    ImportsElsewhere(Vec<Person>),
    /// Delete the user with this e-mail, and make another one with the id, where it was chosen.
    Replaces(String),
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
    /// It is not killed, but its so many-th change of the disk fails with an error of the device.
    Fault(usize),
}

impl Plan {
    /// The same of so many rows, each with an e-mail and a password.
    #[must_use]
    pub fn quiet_of(rows: usize) -> Plan {
        let person = |index: usize| Person {
            email: format!("row.{index}@example.com"),
            username: None,
            user_id: None,
            hash: Hash::Bcrypt,
        };
        Plan {
            people: (0..rows).map(person).collect(),
            ..Plan::quiet()
        }
    }

    /// An import of nobody yet, into a quick tenant, with which nothing goes wrong: what a story is told from.
    #[must_use]
    pub fn quiet() -> Plan {
        Plan {
            seed: 1,
            connection: "Username-Password-Authentication",
            people: Vec::new(),
            before: Vec::new(),
            elsewhere: Vec::new(),
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
            looks_late: false,
            looks_twice: false,
            rest: 0,
            one_handle: false,
            cleans_up: false,
            removes_again: false,
            alone: false,
            one_process: false,
            removal: None,
        }
    }
}
