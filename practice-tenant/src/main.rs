//! The practice tenant as a program. It answers on loopback, with the machine's time or a time that a client sets.
//!
//! The library decides the answers; this file takes requests in and sends answers out. `options.rs` is the command line, and
//! `clock.rs` is the time.

mod clock;
mod options;
mod serve;

use std::fs;
use std::io::Write;
use std::process::exit;
use std::sync::Arc;
use std::time::Duration;

use practice_tenant::{Keys, World};

use crate::clock::Clock;
use crate::options::Options;
use crate::serve::Program;

fn main() {
    let options =
        Options::read(std::env::args().skip(1)).unwrap_or_else(|problem| fail(&problem, 2));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime
        .unwrap_or_else(|cause| fail(&cause.to_string(), 1))
        .block_on(run(options));
}

fn fail(problem: &str, code: i32) -> ! {
    eprintln!("practice-tenant: {problem}");
    exit(code)
}

fn random(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    // Without random numbers nothing here could be trusted.
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    bytes
}

async fn run(options: Options) {
    let port = options.port;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap_or_else(|cause| {
        fail(&format!("cannot listen on port {port}: {cause}; choose another, or --port 0 for a free one"), 1)
    });
    let base = match listener.local_addr() {
        Ok(address) => format!("http://{address}"),
        Err(cause) => fail(&cause.to_string(), 1),
    };
    let mut keys = Keys::drawn(random);
    if options.has_seed {
        keys.ids = options.setup.seed;
    }
    let proof = keys.proof().to_string();
    let clock = Clock::start(options.turned);
    let world = World::new(&base, options.setup.clone(), keys, clock.now());
    let mut world = world.unwrap_or_else(|problem| fail(&problem, 2));
    let lines = world.env_lines();
    let file = format!("{lines}PRACTICE_PROOF={proof}\n");
    if let Some(path) = &options.env_file
        && let Err(cause) = write_env_file(path, &file)
    {
        fail(&format!("cannot write {path}: {cause}"), 1);
    }
    let mut stdout = std::io::stdout();
    // It is not an error if nobody reads.
    let _ = stdout
        .write_all(lines.as_bytes())
        .and_then(|()| stdout.flush());
    let program = Arc::new(Program::new(world, clock, options.request_seconds));
    tokio::spawn(end_when_forgotten(Arc::clone(&program), options, file));
    tokio::select! {
        () = serve::answer_all(listener, program) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Written aside and moved into place, so nobody reads half of it; readable only by its owner.
fn write_env_file(path: &str, lines: &str) -> std::io::Result<()> {
    let aside = format!("{path}.new");
    let _ = fs::remove_file(&aside);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&aside)
        .and_then(|mut file| file.write_all(lines.as_bytes()))
        .and_then(|()| fs::rename(&aside, path))
        .inspect_err(|_| drop(fs::remove_file(&aside)))
}

/// A practice tenant ends if nobody can find it (its file is gone, or belongs to another one) or nobody uses it. Idle time is
/// measured by the machine's clock, whatever its own clock is turned to.
async fn end_when_forgotten(program: Arc<Program>, options: Options, file: String) {
    let (mut asked, mut last) = (program.holders_asked(), clock::instant());
    loop {
        clock::wait(Duration::from_millis(500)).await;
        let now = program.holders_asked();
        if now != asked {
            (asked, last) = (now, clock::instant());
        }
        let is_lost = |path: &String| fs::read_to_string(path).ok().as_ref() != Some(&file);
        let is_lost = options.env_file.as_ref().is_some_and(is_lost);
        let idle = clock::since(last).as_secs_f64();
        let is_idle = options.idle_minutes.is_some_and(|most| idle >= most * 60.0);
        if is_lost || is_idle {
            if let (false, Some(path)) = (is_lost, &options.env_file) {
                let _ = fs::remove_file(path);
            }
            exit(0);
        }
    }
}
