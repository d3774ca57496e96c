//! Which address leads to which endpoint, and what each request passes on its way there and back: the record, the door, the
//! count, the faults, the rate limit, the token.

use std::fmt;
use std::time::Duration;

use crate::endpoints::{connections, exports, jobs, logs, practice, sign_in, user_changes, users};
use crate::http::access;
use crate::http::bodies::{self, MOST_BYTES};
use crate::http::call::{Call, Ended, Outcome, Then, Work};
use crate::http::correlation::correlation;
use crate::http::message::{Answer, Fate, Request, error, refused};
use crate::http::query;
use crate::moment::Moment;
use crate::rules::scopes::Scopes;
use crate::state::World;
use crate::state::bucket::Told;
use crate::state::faults;
use crate::state::record::Asked;

type Endpoint = fn(&mut World, &Call) -> Ended;

/// Who may ask.
#[derive(Clone, Copy)]
enum Who {
    Anybody,
    /// Callers with a token that this tenant signed, expired or not.
    Holder,
    /// Callers with a valid token that has one of these scopes.
    Any(&'static [&'static str]),
}

struct Route {
    method: &'static str,
    /// `{}` stands for a piece of the path that is an id.
    path: &'static str,
    who: Who,
    /// The most bytes of its body; `None` if it reads no body.
    most_bytes: Option<usize>,
    endpoint: Endpoint,
}

const fn read(path: &'static str, who: Who, endpoint: Endpoint) -> Route {
    Route {
        method: "GET",
        path,
        who,
        most_bytes: None,
        endpoint,
    }
}

const fn write(
    method: &'static str,
    path: &'static str,
    who: Who,
    most_bytes: usize,
    endpoint: Endpoint,
) -> Route {
    Route {
        method,
        path,
        who,
        most_bytes: Some(most_bytes),
        endpoint,
    }
}

const CREATE: Who = Who::Any(&["create:users"]);
const USERS: Who = Who::Any(&["read:users"]);
const JOBS: Who = Who::Any(&["create:users", "read:users"]);
const USER: &str = "/api/v2/users/{}";
const IMPORTS: &str = "/api/v2/jobs/users-imports";
const EXPORTS: &str = "/api/v2/jobs/users-exports";
const TOKEN: &str = "/oauth/token";

const ROUTES: [Route; 24] = [
    read(
        "/api/v2/connections",
        Who::Any(connections::SCOPES),
        connections::list,
    ),
    read(
        "/api/v2/connections/{}",
        Who::Any(connections::SCOPES),
        connections::one,
    ),
    read(
        "/api/v2/connections/{}/clients",
        Who::Anybody,
        connections::clients,
    ),
    write("POST", IMPORTS, CREATE, jobs::MOST_BYTES, jobs::create),
    write("POST", EXPORTS, USERS, MOST_BYTES, exports::create),
    read("/api/v2/jobs/{}", JOBS, jobs::status),
    read("/api/v2/jobs/{}/errors", JOBS, jobs::errors),
    read("/api/v2/users", USERS, users::list),
    write(
        "POST",
        "/api/v2/users",
        CREATE,
        MOST_BYTES,
        user_changes::create,
    ),
    read("/api/v2/users-by-email", USERS, users::by_email),
    read(USER, USERS, users::one),
    Route {
        method: "DELETE",
        ..read(USER, Who::Any(&["delete:users"]), users::delete)
    },
    write(
        "PATCH",
        USER,
        Who::Any(user_changes::UPDATE),
        MOST_BYTES,
        user_changes::change,
    ),
    read("/api/v2/logs", Who::Any(&["read:logs"]), logs::list),
    read("/exports/{}/{}", Who::Anybody, exports::file),
    write(
        "POST",
        TOKEN,
        Who::Anybody,
        sign_in::MOST_BYTES,
        sign_in::token,
    ),
    read("/practice", Who::Anybody, practice::about),
    write(
        "POST",
        "/practice/prove",
        Who::Anybody,
        MOST_BYTES,
        practice::prove,
    ),
    read("/practice/faults", Who::Holder, practice::faults),
    write(
        "PUT",
        "/practice/faults",
        Who::Holder,
        MOST_BYTES,
        practice::set_faults,
    ),
    write(
        "PUT",
        "/practice/door",
        Who::Holder,
        MOST_BYTES,
        practice::door,
    ),
    write(
        "PUT",
        "/practice/slots",
        Who::Holder,
        MOST_BYTES,
        practice::slots,
    ),
    read("/practice/requests", Who::Holder, practice::requests),
    read("/practice/traffic", Who::Holder, practice::traffic),
];

/// The pieces of a path that stand for ids in a route's, if it is that route's.
fn ids<'a>(route: &Route, path: &'a str) -> Option<Vec<&'a str>> {
    let (mut ids, mut pieces) = (Vec::new(), path.split('/'));
    for wanted in route.path.split('/') {
        match (wanted, pieces.next()?) {
            ("{}", "") => return None,
            ("{}", piece) => ids.push(piece),
            (wanted, piece) if wanted == piece => {}
            _ => return None,
        }
    }
    pieces.next().is_none().then_some(ids)
}

/// The routes of an address, one for each method, and the ids in it: those of the most specific route.
fn at(path: &str) -> Option<(Vec<&'static Route>, Vec<&str>)> {
    static ALL: [Route; 24] = ROUTES;
    let fits = ALL
        .iter()
        .filter_map(|route| Some((route, ids(route, path)?)));
    let (best, ids) = fits.min_by_key(|(_, ids)| ids.len())?;
    Some((
        ALL.iter().filter(|route| route.path == best.path).collect(),
        ids,
    ))
}

/// The answer of a tenant to a request, at that moment by the tenant's clock. It depends on nothing else.
pub fn answer(world: &mut World, now: Moment, request: &Request) -> Answer {
    let passed = match begin(world, now, request) {
        Ok(passed) => passed,
        Err(answer) => return answer,
    };
    let before = passed.before();
    let mut reply = end(world, now, passed, Body::Whole(request.body.clone()));
    loop {
        match reply {
            Reply::Later(later) => reply = go_on(world, now, later.run()),
            Reply::Now(mut answer) => {
                answer.after += before;
                return answer;
            }
        }
    }
}

/// A request whose head has been checked, and which may go on to its endpoint.
pub struct Passed {
    call: Call,
    route: Option<&'static Route>,
    steps: &'static [&'static str],
    /// The limit, once the request has reached it, and whether the limit refused it.
    limit: Option<(Told, bool)>,
    /// Whether faults can happen on its way back.
    has_faults: bool,
    half: Duration,
}

impl fmt::Debug for Passed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = out.debug_struct("Passed");
        shown.field("steps", &self.steps).finish_non_exhaustive()
    }
}

impl Passed {
    /// Bytes of the body at most; 0 where none is read.
    #[must_use]
    pub fn most_bytes(&self) -> usize {
        self.route.and_then(|route| route.most_bytes).unwrap_or(0)
    }

    /// How long it is on its way before [`end`]. The answer has the time after that.
    #[must_use]
    pub fn before(&self) -> Duration {
        self.half
    }
}

/// A body, or why there is none.
#[derive(Clone, Debug)]
pub enum Body {
    /// All of it; empty where none is read.
    Whole(Vec<u8>),
    /// It is larger than it may be.
    TooLarge,
    /// It did not arrive in time.
    TooLate,
}

/// The result of a request: an answer, or first some work.
#[derive(Debug)]
pub enum Reply {
    /// The answer.
    Now(Answer),
    /// Work that takes long and needs no tenant.
    Later(Later),
}

/// Work that takes long and needs no tenant: others can be answered meanwhile.
pub struct Later {
    passed: Passed,
    work: Work,
}

/// Such work, done.
pub struct Done {
    passed: Passed,
    then: Then,
}

impl Later {
    /// Does the work.
    #[must_use]
    pub fn run(self) -> Done {
        Done {
            then: (self.work)(),
            passed: self.passed,
        }
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Later")
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Done")
    }
}

/// Looks at a request's head: whether its body is to be read, or what it is answered without. Its body is not looked at.
///
/// # Errors
///
/// The answer to a request that does not come as far as its body.
pub fn begin(world: &mut World, now: Moment, request: &Request) -> Result<Passed, Answer> {
    world.run_to(now);
    let head = Request {
        method: request.method.clone(),
        path: request.path.clone(),
        headers: request.headers.clone(),
        body: Vec::new(),
    };
    let mut passed = Passed {
        steps: faults::steps(&head.method, head.plain_path()),
        call: Call {
            request: head,
            ids: Vec::new(),
            scopes: Scopes(String::new()),
            correlation: None,
        },
        route: None,
        limit: None,
        has_faults: false,
        half: Duration::ZERO,
    };
    match pass(world, &mut passed) {
        Ok(()) => Ok(passed),
        Err(answer) => Err(leave(world, &passed, *answer)),
    }
}

/// Leads a request that passed to its endpoint, with its body.
pub fn end(world: &mut World, now: Moment, mut passed: Passed, body: Body) -> Reply {
    world.run_to(now);
    let most = passed.most_bytes();
    let ended = match (body, passed.route) {
        (Body::TooLate, _) => Err(refused(408, "Request Timeout", None)),
        (Body::Whole(bytes), Some(route)) if most == 0 || bytes.len() <= most => {
            passed.call.request.body = bytes;
            (route.endpoint)(world, &passed.call)
        }
        _ => Err(bodies::too_large(most)),
    };
    reply(world, passed, ended)
}

/// Continues a request whose work is done.
pub fn go_on(world: &mut World, now: Moment, done: Done) -> Reply {
    world.run_to(now);
    let ended = (done.then)(world);
    reply(world, done.passed, ended)
}

fn reply(world: &mut World, passed: Passed, ended: Ended) -> Reply {
    match ended {
        Ok(Outcome::Later(work)) => Reply::Later(Later { passed, work }),
        Ok(Outcome::Now(answer)) => Reply::Now(leave(world, &passed, answer)),
        Err(answer) => Reply::Now(leave(world, &passed, *answer)),
    }
}

/// Whether a request controls the practice tenant. Such a request is not recorded, and the closed door does not stop it.
fn steers(request: &Request) -> bool {
    request.path.starts_with("/practice")
}

/// What a request passes on its way to its endpoint.
fn pass(world: &mut World, passed: &mut Passed) -> Result<(), Box<Answer>> {
    let request = passed.call.request.clone();
    if world.closed && !steers(&request) {
        return Err(refused(403, "The practice tenant's door is closed.", None));
    }
    let path = request.plain_path();
    let Some((routes, pieces)) = at(path) else {
        return Err(refused(404, "Not Found", None));
    };
    let mut routes = routes.into_iter();
    let method = if request.method == "HEAD" {
        "GET"
    } else {
        &request.method
    };
    let route = routes.find(|route| route.method == method);
    let is_api = path.starts_with("/api/v2/");
    if is_api {
        world.traffic.note(world.now);
    }
    if is_api || (path == TOKEN && route.is_some()) {
        passed.half = half_latency(world, passed.steps);
        faults_before(world, passed.steps)?;
        passed.has_faults = true;
    }
    if is_api {
        limit_rate(world, passed)?;
    }
    let Some(route) = route else {
        // Only a caller with a token learns that the route exists.
        if is_api {
            access::authenticate(world, &request)?;
        }
        return Err(not_allowed(path));
    };
    let pieces: Option<Vec<String>> = pieces.into_iter().map(query::piece).collect();
    passed.call.ids = pieces.ok_or_else(|| refused(400, "Bad Request", None))?;
    passed.route = Some(route);
    admit(world, route, &mut passed.call)
}

/// The answer that says which methods an address takes.
fn not_allowed(path: &str) -> Box<Answer> {
    let routes = at(path).map(|(routes, _)| routes).unwrap_or_default();
    let methods = routes.iter().map(|route| match route.method {
        "GET" => "GET,HEAD",
        method => method,
    });
    let mut answer = error(405, "Method Not Allowed", None);
    answer.add("allow", methods.collect::<Vec<_>>().join(","));
    Box::new(answer)
}

/// A caller without permission is refused before the body is read, and so is a body that is announced as too long.
fn admit(world: &mut World, route: &Route, call: &mut Call) -> Result<(), Box<Answer>> {
    match route.who {
        Who::Anybody => {}
        Who::Holder => access::check_signature(world, &call.request)?,
        Who::Any(scopes) => {
            call.scopes = access::check(world, &call.request, scopes)?;
            if route.path == USER {
                users::check_id(&call.ids[0])?;
            }
            if route.method != "GET" {
                call.correlation = correlation(&call.request)?;
            }
        }
    }
    let announced = call.request.header("content-length");
    let announced: Option<usize> = announced.and_then(|length| length.parse().ok());
    match (route.most_bytes, announced) {
        (Some(most), Some(length)) if length > most => Err(bodies::too_large(most)),
        _ => Ok(()),
    }
}

/// Half on the way there and half on the way back, so a client can end in between.
fn half_latency(world: &World, steps: &[&str]) -> Duration {
    let faults = &world.faults;
    let everywhere = if steps == ["token"] {
        0.0
    } else {
        faults.measure("latency-ms")
    };
    let here = steps
        .iter()
        .map(|step| faults.measure_at("latency-ms", step));
    let latency = everywhere + here.sum::<f64>();
    Duration::from_secs_f64(latency.max(0.0) / 2000.0)
}

/// Applies the switched-on faults to a request before it is processed.
fn faults_before(world: &mut World, steps: &[&str]) -> Result<(), Box<Answer>> {
    let is_upload = steps == ["upload"];
    if world.fault_at(steps, "reset") || (is_upload && world.fault("reset-before-upload")) {
        return Err(Box::new(Answer::with_fate(Fate::Reset)));
    }
    if world.fault_at(steps, "silence") {
        return Err(Box::new(Answer::with_fate(Fate::Never)));
    }
    if world.fault_at(steps, "server-error") {
        return Err(refused(503, "Service unavailable.", None));
    }
    if world.fault_aimed_at(steps, "token-expires") {
        world.tokens.expire();
    }
    Ok(())
}

/// The same after it was processed.
fn faults_after(world: &mut World, passed: &Passed, answer: Answer) -> Answer {
    let (steps, is_read) = (passed.steps, passed.call.request.method == "GET");
    let done = !is_read && answer.is_success();
    if done && steps == ["upload"] && world.fault("reset-after-upload") {
        return Answer::with_fate(Fate::Reset);
    }
    if done && world.fault_at(steps, "silence-after") {
        return Answer::with_fate(Fate::Never);
    }
    if done && world.fault_at(steps, "server-error-after") {
        return error(500, "Internal error.", None);
    }
    if answer.is_success()
        && ((is_read && world.fault("half-answer")) || world.fault_aimed_at(steps, "half-answer"))
    {
        let fate = Fate::CutAfter(answer.body.len() / 2);
        return Answer { fate, ..answer };
    }
    answer
}

/// Keeps to the rate limit.
fn limit_rate(world: &mut World, passed: &mut Passed) -> Result<(), Box<Answer>> {
    let is_refused = world.fault_at(passed.steps, "rate-limit");
    let (passes, mut told) = if is_refused {
        (false, world.limit_told())
    } else {
        world.take_request()
    };
    if !passes {
        told.left = 0;
    }
    passed.limit = Some((told, !passes));
    if passes {
        return Ok(());
    }
    let message = "Global limit has been reached";
    Err(refused(429, message, Some("too_many_requests")))
}

/// The state of the limit, which every answer that has reached it reports.
fn tell_limit(world: &World, (told, refuses): (Told, bool), answer: &mut Answer) {
    answer.add("x-ratelimit-limit", told.limit);
    answer.add("x-ratelimit-remaining", told.left);
    // The next token comes within this second, or later at less than one a second.
    answer.add("x-ratelimit-reset", world.now.seconds() + told.next);
    // Not documented of the rate limit; clients know both forms of it (the Go SDK's retries).
    if refuses && world.is_on("retry-after") {
        answer.add("retry-after", told.next);
    } else if refuses && world.is_on("retry-after-date") {
        let next = Duration::from_secs(told.next.unsigned_abs());
        answer.add("retry-after", world.now.after(next).http_date());
    }
}

/// What an answer passes on its way back. Every request is recorded, except those that control the practice tenant.
fn leave(world: &mut World, passed: &Passed, mut answer: Answer) -> Answer {
    if let Some(limit) = passed.limit {
        tell_limit(world, limit, &mut answer);
    }
    if passed.has_faults {
        answer = faults_after(world, passed, answer);
    }
    answer.after = passed.half;
    /// Characters of a path that are remembered.
    const MOST_CHARS: usize = 200;
    let request = &passed.call.request;
    if !steers(request) {
        world.record.add(Asked {
            at: world.now,
            method: request.method.chars().take(10).collect(),
            path: request.plain_path().chars().take(MOST_CHARS).collect(),
            status: answer.status,
        });
    }
    answer
}
