//! One of the two tenants of a comparison: what it was asked, and what it answered, by its form.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use zeroize::Zeroizing;

use crate::clock::{self, Deadline};
use crate::compare::masks::Masks;
use crate::compare::rows::{UserRow, Users, file_of};
use crate::compare::shape::Shape;
use crate::connections::ConnectionId;
use crate::error::{Error, ErrorKind, Result};
use crate::jobs::JobId;
use crate::progress::Tally;
use crate::say::say;
use crate::secrets::sent;
use crate::tenant::Tenant;
use crate::tenant::form::Form;
use crate::tenant::request::{Answer, Request};

/// What came of a probe.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    Told(Shape),
    /// Why it is not known.
    Untold(String),
}

/// Requests of the probes: a bound, which no tenant that answers comes near.
const MOST_REQUESTS: usize = 160;
/// As many as they are where every job has ended at the second look.
pub(crate) const USUAL_REQUESTS: usize = 60;
/// Characters of the shortest name that a tenant can have.
const SHORTEST_TENANT: usize = 3;
/// Between two tries to get a free job slot.
const SLOT_WAIT: Duration = Duration::from_secs(5);

pub(crate) struct Side {
    pub(crate) tenant: Tenant,
    pub(crate) connection: ConnectionId,
    pub(crate) users: Users,
    pub(crate) masks: Masks,
    pub(crate) seen: BTreeMap<&'static str, Seen>,
    /// How long something took that took its time.
    pub(crate) took: Vec<(&'static str, Duration)>,
    pub(crate) deadline: Deadline,
    pub(crate) requests: usize,
    /// Rows that may have come in.
    pub(crate) sent: Vec<UserRow>,
    /// Jobs that were not seen to end, and may import users.
    pub(crate) open_jobs: Vec<JobId>,
    /// What else may import users: uploads whose answer was lost, or has no job.
    pub(crate) open: Vec<String>,
    /// Names of headers about limits, and the form of their values.
    limits: BTreeMap<String, String>,
    correlation_id: String,
    tally: Tally,
}

impl Side {
    pub(crate) fn new(
        tenant: &Tenant,
        connection: ConnectionId,
        users: Users,
        deadline: Deadline,
        correlation_id: &str,
    ) -> Side {
        let mut masks = Masks::default();
        users.name_in(&mut masks);
        masks.add(connection.as_str(), "connection id");
        masks.add(connection.name.as_deref().unwrap_or_default(), "connection");
        masks.add(tenant.domain(), "domain");
        Side {
            tenant: tenant.clone(),
            connection,
            users,
            masks,
            seen: BTreeMap::new(),
            took: Vec::new(),
            deadline,
            requests: 0,
            sent: Vec::new(),
            open_jobs: Vec::new(),
            open: Vec::new(),
            limits: BTreeMap::new(),
            correlation_id: correlation_id.to_string(),
            tally: Tally::new(),
        }
    }

    /// Masks a tenant's name: the first part of its host, unless the host is this machine.
    pub(crate) fn mask_host(&mut self, host: &str) {
        let label = host.split('.').next().unwrap_or_default();
        let has_letter = label.bytes().any(|byte| byte.is_ascii_alphabetic());
        if has_letter && label.len() >= SHORTEST_TENANT && !label.starts_with("localhost") {
            self.masks.add(label, "tenant");
        }
    }

    /// Sends a request and returns the answer, whatever its status, or why there is none.
    pub(crate) fn ask(&mut self, request: Request) -> Result<Answer, Error> {
        if self.requests >= MOST_REQUESTS {
            return Err(Error::comparison_too_long(MOST_REQUESTS));
        }
        self.requests += 1;
        self.tally
            .say_so_far(self.requests, "requests of the comparison answered");
        let answer = self.tenant.answer(request)?;
        self.note_limits(&answer);
        Ok(answer)
    }

    fn note_limits(&mut self, answer: &Answer) {
        let is_about_limits = |name: &str| {
            let words = ["ratelimit", "rate-limit", "quota", "retry-after"];
            words.iter().any(|word| name.contains(word))
        };
        for name in answer.headers.keys().map(|name| name.as_str()) {
            let value = answer.header(name).unwrap_or_default();
            if is_about_limits(name) && self.limits.len() < 40 {
                let form = match value.trim().parse::<u64>() {
                    Ok(1_000_000_000..) => "<UNIX seconds>",
                    Ok(_) => "<number>",
                    Err(_) => "<text>",
                };
                let name = self.masks.sentence(name);
                self.limits.insert(name, form.to_string());
            }
        }
    }

    /// What all answers said about limits.
    pub(crate) fn tell_limits(&mut self) {
        let limits = self.limits.iter();
        let shape = Shape::Object(
            limits
                .map(|(name, form)| (name.clone(), Shape::text(form)))
                .collect(),
        );
        self.note("limits", Seen::Told(shape));
    }

    pub(crate) fn note(&mut self, probe: &'static str, seen: Seen) {
        self.seen.insert(probe, seen);
    }

    /// Notes the masked reason for all probes without a result.
    pub(crate) fn untold(&mut self, probes: &[&'static str], why: &str) {
        let why = self.masks.sentence(why);
        for probe in probes {
            self.seen
                .entry(probe)
                .or_insert_with(|| Seen::Untold(why.clone()));
        }
    }

    /// The answer by its form; what the tenant said instead, masked too.
    pub(crate) fn form_of(&self, answer: &Result<Answer, Error>) -> Seen {
        match answer {
            Ok(answer) => Seen::Told(Shape::of(answer, &self.masks)),
            Err(error) => Seen::Untold(self.masks.sentence(&error.fact())),
        }
    }

    /// Asks, and notes the whole answer.
    pub(crate) fn probe(&mut self, probe: &'static str, request: Request) -> Option<Answer> {
        let answer = self.ask(request);
        let seen = self.form_of(&answer);
        self.note(probe, seen);
        answer.ok()
    }

    /// An upload as a request. What every tenant would send by itself, a mail to its owners, is switched off.
    pub(crate) fn upload(&self, connection: &str, file: Vec<u8>, upsert: bool) -> Request {
        let form = Form {
            fields: vec![
                ("connection_id", connection.to_string()),
                ("upsert", upsert.to_string()),
                ("send_completion_email", "false".to_string()),
            ],
            secrets: sent::of_file(&file),
            file: Zeroizing::new(file),
        };
        let path = "/api/v2/jobs/users-imports";
        Request::write(Method::POST, path, &["create:users"], "a comparison")
            .form(form)
            .correlation_id(&self.correlation_id)
    }

    /// An upload that is to be taken. Another job of the tenant's may hold the slot: that is waited for.
    pub(crate) fn start(
        &mut self,
        rows: &[UserRow],
        upsert: bool,
    ) -> Result<(Answer, Instant), Error> {
        let id = self.connection.to_string();
        self.sent.extend(rows.iter().cloned());
        let started = self.start_file(&id, &file_of(rows), upsert);
        if let Err(error) = &started {
            self.note_lost(error);
        }
        started
    }

    /// The same with a file whose users need not be looked for, since none of them can come in.
    pub(crate) fn start_file(
        &mut self,
        connection: &str,
        file: &[u8],
        upsert: bool,
    ) -> Result<(Answer, Instant), Error> {
        loop {
            let answer = self.ask(self.upload(connection, file.to_vec(), upsert))?;
            if answer.status != 429 || self.deadline.left() < SLOT_WAIT {
                return Ok((answer, clock::instant()));
            }
            say!("other jobs of the tenant are running: waiting for a free slot");
            clock::wait(SLOT_WAIT);
        }
    }

    /// An upload without an answer may still be running; an unsent or refused one is not.
    fn note_lost(&mut self, error: &Error) {
        let is_sure = [
            ErrorKind::RateLimited,
            ErrorKind::TokenQuota,
            ErrorKind::Token,
            ErrorKind::MissingScope,
            ErrorKind::ReadOnly,
            // The time was over before it was sent; one that was under way is `TimedOut`.
            ErrorKind::OutOfTime,
        ];
        if !is_sure.contains(&error.kind()) && !error.is_refused() {
            self.open.push(format!(
                "an upload whose answer was lost ({})",
                error.fact()
            ));
        }
    }

    /// The job of an upload of users. One that was taken without an id stays open.
    pub(crate) fn job_of_users(&mut self, answer: &Answer) -> Option<JobId> {
        let job = self.job_in(answer);
        if job.is_none() && answer.status.is_success() {
            let nameless = "an upload that was taken without a job id that can be read";
            self.open.push(nameless.to_string());
        }
        job
    }

    /// The id of the job in an answer.
    pub(crate) fn job_in(&self, answer: &Answer) -> Option<JobId> {
        let told: crate::tenant::answers::AcceptedAnswer = answer.read_names().ok()?;
        let id = answer.status.is_success().then_some(told.id.0)??;
        JobId::of(&id)
    }

    pub(crate) fn get_user(&self, id: &str) -> Request {
        Request::get("/api/v2/users", &["read:users"]).segment(&format!("auth0|{id}"))
    }

    pub(crate) fn by_email(&self, email: &str) -> Request {
        Request::get("/api/v2/users-by-email", &["read:users"]).query("email", email)
    }

    /// A deletion by the id as the tenant tells it.
    pub(crate) fn delete(&self, id: &str) -> Request {
        Request::write(
            Method::DELETE,
            "/api/v2/users",
            &["delete:users"],
            "a comparison",
        )
        .segment(id)
        .correlation_id(&self.correlation_id)
    }
}

impl Seen {
    /// The status and what says most of the rest.
    pub(crate) fn headline(&self) -> String {
        let shape = match self {
            Seen::Told(shape) => shape,
            Seen::Untold(_) => return "not known".to_string(),
        };
        if let Some(Shape::List(errors)) = shape.get("refused").and_then(|row| row.get("errors")) {
            let codes = errors
                .iter()
                .map(|error| error.text_at(&["code"]).unwrap_or("?"));
            return codes.collect::<Vec<_>>().join(", ");
        }
        if let Some(word) = shape
            .text_at(&["first look"])
            .or(shape.text_at(&["status"]))
        {
            return word.to_string();
        }
        match (shape, shape.get("status")) {
            (_, Some(status)) => {
                let code = shape.text_at(&["body", "errorCode"]);
                let code = code
                    .or(shape.text_at(&["body", "status"]))
                    .unwrap_or_default();
                format!("{status} {code}").trim().to_string()
            }
            (Shape::Object(fields), None) => {
                let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                names.join(", ")
            }
            (Shape::Plain(serde_json::Value::String(text)), None) => text.clone(),
            (shape, None) => shape.to_string(),
        }
    }
}
