//! A server that plays answers of tenants, from the files in `recorded/`. It is not the practice tenant, shares no
//! code with it, and understands nothing of what it is sent but the method and the path.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use auth0_bulk_users::{ConnectionId, Tenant};
use serde_json::{Value, json};

use crate::server::{read_request, token};

pub(crate) const CONNECTION: &str = "con_4CzPUBqyfuwSXy9q";
/// The one user of the recordings.
pub(crate) const EMAIL: &str = "auzironian@example.com";
/// For a job that has ended already, on a machine that is busy.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// One answer. `{BASE}` in its texts is the server's address, `{TOKEN}` a token for it, `{SHORT TOKEN}` one that is good
/// for 29 s.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
    /// Whether the body is packed before it is sent.
    pub(crate) packed: bool,
    pub(crate) trouble: Option<Trouble>,
}

/// What becomes of an answer on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Trouble {
    /// The connection ends without one.
    Reset,
    /// It does not come, and the connection stays.
    Never,
    /// Its head ends in the middle, its body comes byte by byte: a byte each time.
    HeadBit(Duration),
    BodyBit(Duration),
    /// Its head and the first half of its body come, and no more.
    Half,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Reply {
        Reply {
            status,
            headers: "content-type: application/json; charset=utf-8\r\n".to_string(),
            body: body.to_string().into_bytes(),
            packed: false,
            trouble: None,
        }
    }

    pub(crate) fn nothing() -> Reply {
        Reply {
            status: 204,
            headers: String::new(),
            body: Vec::new(),
            packed: false,
            trouble: None,
        }
    }

    pub(crate) fn in_trouble(mut self, trouble: Trouble) -> Reply {
        self.trouble = Some(trouble);
        self
    }

    pub(crate) fn with(mut self, status: u16) -> Reply {
        self.status = status;
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Reply {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }
}

/// The file of that name in `recorded/`.
pub(crate) fn recorded(name: &str) -> Value {
    let path = format!(
        "{}/tests/it/recorded/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// What is answered to which call, as `GET /api/v2/jobs/*`: one answer after the other, the last again and again.
#[derive(Clone, Default)]
pub(crate) struct World(HashMap<String, Vec<Reply>>);

impl World {
    /// A tenant as it was recorded: an import of one user, who comes in.
    pub(crate) fn recorded() -> World {
        let ok = |name: &str| vec![Reply::json(200, &recorded(name))];
        let by_email = Reply::json(200, &json!([recorded("user")]));
        World::default()
            .on("GET /api/v2/connections", ok("connections"))
            .on("GET /api/v2/connections/*", ok("connection"))
            .on("GET /api/v2/connections/*/clients", ok("clients"))
            .on(
                "POST /api/v2/jobs/users-imports",
                vec![Reply::json(202, &recorded("accepted"))],
            )
            .on("GET /api/v2/jobs/*", ok("completed"))
            .on("GET /api/v2/jobs/*/errors", vec![Reply::nothing()])
            .on("GET /api/v2/users-by-email", vec![by_email])
            .on("GET /api/v2/users", ok("users"))
            .on("GET /api/v2/users/*", ok("user"))
            .on("DELETE /api/v2/users/*", vec![Reply::nothing()])
            .on("POST /api/v2/jobs/users-exports", ok("export"))
            .on("GET /api/v2/jobs/job_4kCcxBzjmAvZzQ1f", ok("exported"))
            .on(
                "GET /job_4kCcxBzjmAvZzQ1f/tenant.json.gz",
                vec![packed(&[recorded("user")])],
            )
            .on("POST /oauth/token", ok("token"))
    }

    /// The same world with other answers to one call.
    pub(crate) fn on(mut self, call: &str, replies: Vec<Reply>) -> World {
        self.0.insert(call.to_string(), replies);
        self
    }

    pub(crate) fn answers(self, call: &str, body: &Value) -> World {
        self.on(call, vec![Reply::json(200, body)])
    }

    /// The same world, each of its bodies of JSON changed.
    pub(crate) fn changed(mut self, change: impl Fn(&str, &mut Value)) -> World {
        for (call, replies) in &mut self.0 {
            for reply in replies {
                if let Ok(mut body) = serde_json::from_slice(&reply.body) {
                    change(call, &mut body);
                    reply.body = body.to_string().into_bytes();
                }
            }
        }
        self
    }

    pub(crate) fn open(self) -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stand_in = StandIn {
            base,
            calls: Arc::default(),
        };
        let served = stand_in.clone();
        let (world, given) = (Arc::new(self), Arc::default());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (world, served, given) =
                    (Arc::clone(&world), served.clone(), Arc::clone(&given));
                // An answer that does not come holds up no other.
                thread::spawn(move || world.serve(stream, &served, &given));
            }
        });
        stand_in
    }

    fn serve(
        &self,
        mut stream: TcpStream,
        served: &StandIn,
        given: &Mutex<HashMap<String, usize>>,
    ) {
        let request = read_request(&mut stream);
        let text = String::from_utf8_lossy(&request);
        let line = text.lines().next().unwrap_or_default();
        let mut words = line.split(' ');
        let (method, address) = (words.next().unwrap_or_default(), words.next());
        let path = address
            .unwrap_or_default()
            .split('?')
            .next()
            .unwrap_or_default();
        let call = format!("{method} {path}");
        served.calls.lock().unwrap().push(text.into_owned());
        let reply = match self.route(&call) {
            Some(route) => {
                let mut given = given.lock().unwrap();
                let (replies, count) = (&self.0[route], given.entry(route.clone()).or_default());
                *count += 1;
                replies[(*count - 1).min(replies.len() - 1)].clone()
            }
            None => {
                let body = json!({"statusCode": 404, "error": "Not Found", "message": "Not Found"});
                Reply::json(404, &body)
            }
        };
        let fill = |text: &str| {
            let short = json!({"exp": soon()});
            text.replace("{BASE}", &served.base)
                .replace("{TOKEN}", &token(&served.base, json!({})))
                .replace("{SHORT TOKEN}", &token(&served.base, short))
        };
        let body = fill(&String::from_utf8_lossy(&reply.body));
        let body = match reply.packed {
            true => gzip(&body),
            false => body.into_bytes(),
        };
        let head = format!(
            "HTTP/1.1 {} X\r\ncontent-length: {}\r\nconnection: close\r\n{}\r\n",
            reply.status,
            body.len(),
            fill(&reply.headers)
        );
        let _ = send(&mut stream, head.as_bytes(), &body, reply.trouble);
    }

    /// The route that says most of the call.
    fn route(&self, call: &str) -> Option<&String> {
        let parts = |text: &str| text.split('/').map(str::to_string).collect::<Vec<_>>();
        let fits = |route: &&String| {
            let (route, call) = (parts(route), parts(call));
            let same = |(route, call): (&String, &String)| route == "*" || route == call;
            route.len() == call.len() && route.iter().zip(&call).all(same)
        };
        self.0
            .keys()
            .filter(fits)
            .min_by_key(|route| route.matches('*').count())
    }
}

fn send(
    stream: &mut TcpStream,
    head: &[u8],
    body: &[u8],
    trouble: Option<Trouble>,
) -> std::io::Result<()> {
    let bits = |stream: &mut TcpStream, bytes: &[u8], pause| -> std::io::Result<()> {
        for byte in bytes {
            stream.write_all(&[*byte])?;
            thread::sleep(pause);
        }
        Ok(())
    };
    match trouble {
        None => stream.write_all(&[head, body].concat()),
        Some(Trouble::Reset) => Ok(()),
        Some(Trouble::Never) => hold(stream),
        Some(Trouble::HeadBit(pause)) => bits(stream, &head[..head.len() - 2], pause),
        Some(Trouble::BodyBit(pause)) => {
            stream.write_all(head)?;
            bits(stream, body, pause)
        }
        Some(Trouble::Half) => {
            stream.write_all(head)?;
            stream.write_all(&body[..body.len() / 2])?;
            hold(stream)
        }
    }
}

/// Until the other side ends the connection.
fn hold(stream: &mut TcpStream) -> std::io::Result<()> {
    while stream.read(&mut [0; 100])? > 0 {}
    Ok(())
}

/// A world that is open.
#[derive(Clone)]
pub(crate) struct StandIn {
    pub(crate) base: String,
    calls: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    pub(crate) fn tenant(&self) -> Tenant {
        Tenant::new(&self.base, &token(&self.base, json!({}))).unwrap()
    }

    pub(crate) fn token(&self) -> String {
        token(&self.base, json!({}))
    }

    pub(crate) fn connection(&self) -> ConnectionId {
        ConnectionId::new(CONNECTION).unwrap()
    }

    /// The requests whose first line begins so.
    pub(crate) fn calls(&self, start: &str) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        calls
            .iter()
            .filter(|call| call.starts_with(start))
            .cloned()
            .collect()
    }
}

/// In UNIX seconds.
fn soon() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_secs() + 29
}

/// A packed file of one line for each user.
pub(crate) fn packed(users: &[Value]) -> Reply {
    let lines: String = users.iter().map(|user| format!("{user}\n")).collect();
    Reply {
        packed: true,
        headers: "content-type: application/gzip\r\n".to_string(),
        body: lines.into_bytes(),
        ..Reply::nothing().with(200)
    }
}

/// The text in one stored block of gzip (RFC 1952, RFC 1951).
fn gzip(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut sum = u32::MAX;
    for byte in text.bytes() {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg());
        }
    }
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(text.bytes());
    file.extend((!sum).to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}
