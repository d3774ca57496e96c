//! Reads requests from a connection and writes answers to it: hosts, bodies within limits, answers that break off.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::{Body as _, Frame, SizeHint};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use practice_tenant::{Answer, Body, Fate, Passed, Reply, Request, World, begin, end, go_on};

use crate::clock::{self, Clock, Turn};

/// The tenant that answers, and its clock.
pub(crate) struct Program {
    world: Mutex<World>,
    clock: Clock,
    /// How long the head and the body of a request may each take to arrive.
    patience: Duration,
}

impl Program {
    pub(crate) fn new(world: World, clock: Clock, request_seconds: u64) -> Program {
        Program {
            world: Mutex::new(world),
            clock,
            patience: Duration::from_secs(request_seconds),
        }
    }

    /// The state is consistent between any two statements, so nothing is lost if another thread panicked.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn holders_asked(&self) -> u64 {
        self.world().holders_asked()
    }
}

/// Answers every connection. A request with an unfinished head is ended.
pub(crate) async fn answer_all(listener: tokio::net::TcpListener, program: Arc<Program>) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new());
    server.header_read_timeout(program.patience);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // The system has no file descriptor left for another connection: wait until one ends.
            clock::wait(Duration::from_millis(50)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let program = Arc::clone(&program);
        let service = service_fn(move |request| {
            let program = Arc::clone(&program);
            async move { Ok::<_, Infallible>(respond(&program, request).await) }
        });
        let connection = server.serve_connection(TokioIo::new(stream), service);
        // How a connection ends is up to its client.
        tokio::spawn(async { drop(connection.await) });
    }
}

/// Bytes of a refused body that are still read, and for how long.
const MOST_DROPPED: usize = 4 << 20;
const DROPPED_FOR: Duration = Duration::from_secs(1);

async fn respond(program: &Program, request: HttpRequest<Incoming>) -> Response<Sent> {
    let (head, mut body) = request.into_parts();
    if !is_own_host(head.uri.host(), &head.headers) {
        let message = "The practice tenant answers only to 127.0.0.1 and localhost.";
        return sent(Answer::refusal(403, message));
    }
    let turn = program.clock.turn(&head.headers);
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.to_string(), value.into_owned())
    };
    let path = head.uri.path_and_query();
    let request = Request {
        method: head.method.to_string(),
        path: path.map_or_else(|| head.uri.path().to_string(), ToString::to_string),
        headers: head.headers.iter().map(header).collect(),
        body: Vec::new(),
    };
    let mut answer = answer(program, &turn, request, &mut body).await;
    tokio::spawn(drop_the_rest(body));
    turn.wait(answer.after).await;
    if let Some(took) = turn.took() {
        let took = ("x-practice-took".to_string(), took.to_string());
        answer.headers.push(took);
    }
    // On the tenant's clock: the end of a limit is calculated from this.
    let date = program.clock.now().http_date();
    answer.headers.push(("date".to_string(), date));
    if answer.fate == Fate::Never {
        // Until the waiting client goes away.
        std::future::pending::<()>().await;
    }
    sent(answer)
}

/// Reads a little more of a refused body: a client that is still sending would otherwise find the connection closed and never
/// see the answer.
async fn drop_the_rest(mut body: Incoming) {
    let mut left = MOST_DROPPED;
    let read = async {
        while let Some(Ok(frame)) =
            std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    let _ = clock::within(DROPPED_FOR, read).await;
}

async fn answer(program: &Program, turn: &Turn, request: Request, body: &mut Incoming) -> Answer {
    let passed = begin(&mut program.world(), program.clock.now(), &request);
    let passed = match passed {
        Ok(passed) => passed,
        Err(answer) => return answer,
    };
    turn.wait(passed.before()).await;
    let body = read(&passed, body, program.patience).await;
    let mut reply = end(&mut program.world(), program.clock.now(), passed, body);
    loop {
        match reply {
            Reply::Now(answer) => return answer,
            Reply::Later(later) => {
                // It uses a core of its own, so that others are still answered.
                let Ok(done) = tokio::task::spawn_blocking(|| later.run()).await else {
                    return Answer::refusal(500, "Internal error.");
                };
                reply = go_on(&mut program.world(), program.clock.now(), done);
            }
        }
    }
}

/// Whether a request was meant for this host. A page in a browser has another host, whose name may point to this machine.
fn is_own_host(authority: Option<&str>, headers: &HeaderMap) -> bool {
    let headers = headers.get_all(HOST).iter();
    let headers: Vec<&str> = headers.filter_map(|host| host.to_str().ok()).collect();
    let is_own = |host: &str| {
        let (name, port) = host.split_once(':').unwrap_or((host, ""));
        let own = ["127.0.0.1", "localhost"];
        own.iter().any(|own| own.eq_ignore_ascii_case(name))
            && port.bytes().all(|byte| byte.is_ascii_digit())
    };
    matches!(headers[..], [host] if is_own(host)) && authority.is_none_or(is_own)
}

/// The body, up to a limit of bytes and of time; empty if none is wanted.
async fn read(passed: &Passed, body: &mut Incoming, patience: Duration) -> Body {
    let most = passed.most_bytes();
    if most == 0 {
        return Body::Whole(Vec::new());
    }
    let read = async {
        let mut whole = Vec::new();
        while let Some(frame) =
            std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await
        {
            // What breaks off is not answered, or not read.
            let Ok(frame) = frame else {
                return Body::TooLarge;
            };
            if let Ok(bytes) = frame.into_data() {
                if whole.len() + bytes.len() > most {
                    return Body::TooLarge;
                }
                whole.extend_from_slice(&bytes);
            }
        }
        Body::Whole(whole)
    };
    clock::within(patience, read).await.unwrap_or(Body::TooLate)
}

/// The bytes of an answer, and whether they break off before its end.
struct Sent {
    bytes: Option<Bytes>,
    breaks_off: bool,
}

fn sent(answer: Answer) -> Response<Sent> {
    let whole = answer.body.len();
    let (bytes, announced) = match answer.fate {
        Fate::Whole => (answer.body, None),
        // Something is announced of which something is missing.
        Fate::CutAfter(most) => (answer.body[..most.min(whole)].to_vec(), Some(whole.max(2))),
        Fate::Reset | Fate::Never => (Vec::new(), Some(100)),
    };
    let mut response = Response::new(Sent {
        bytes: Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty()),
        breaks_off: announced.is_some(),
    });
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or_default();
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        let name = HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    let announced = announced.or_else(|| (whole > 0).then_some(whole));
    if let Some(announced) = announced {
        headers.insert(CONTENT_LENGTH, announced.into());
    }
    response
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(match self.bytes.take() {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None if self.breaks_off => Some(Err(std::io::ErrorKind::ConnectionReset.into())),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none() && !self.breaks_off
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = self.bytes.as_ref().map_or(0, Bytes::len) as u64;
        if self.breaks_off {
            SizeHint::new()
        } else {
            SizeHint::with_exact(bytes)
        }
    }
}
