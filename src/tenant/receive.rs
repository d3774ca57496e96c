//! Waiting for one answer, within limits that hold whatever the other side does, and with a progress line while nothing comes.

use std::io::Read;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::RequestBuilder;
use reqwest::header::HeaderMap;
use zeroize::Zeroizing;

use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::say::say;
use crate::tenant::retry::Words;
use crate::words::grouped;

/// A wait prints a line within this time.
const FIRST_WORD: Duration = Duration::from_secs(2);
/// Bytes of a piece of an answer, and pieces that are read before they are taken.
const PIECE: usize = 16 << 10;
const PIECES: usize = 16;

/// How long an answer may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// From the beginning of the request to the end of the answer.
    pub(crate) whole: Duration,
    /// Until the next byte.
    pub(crate) silence: Duration,
}

/// An answer as it came.
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

enum Part {
    Head(StatusCode, HeaderMap),
    Piece(Zeroizing<Vec<u8>>),
    End,
}

/// Sends a request and reads the answer to its end, at most `most` bytes, whatever length it announces.
///
/// A separate thread does so, because the client's own time limit is either for the whole answer or for each read, and nothing
/// could be printed in between. If the request is given up, that thread ends at the client's limit.
pub(crate) fn receive(
    outgoing: RequestBuilder,
    call: &str,
    most: u64,
    limits: Limits,
    words: &Words,
) -> Result<Received> {
    let (sender, parts) = sync_channel(PIECES);
    let name = call.to_string();
    thread::Builder::new()
        .spawn(move || forward(outgoing, &name, &sender))
        .map_err(|cause| Error::lost(call, &cause.to_string()))?;
    let (began, mut heard, mut next_word) = (clock::instant(), clock::instant(), FIRST_WORD);
    let (mut head, mut body) = (None, Zeroizing::new(Vec::new()));
    loop {
        let whole = limits.whole.saturating_sub(clock::since(began));
        let left = whole.min(limits.silence.saturating_sub(clock::since(heard)));
        let word = next_word.saturating_sub(clock::since(began));
        match clock::receive(&parts, left.min(word)) {
            Ok(part) => match part? {
                Part::Head(status, headers) => head = Some((status, headers)),
                Part::Piece(piece) => body.extend_from_slice(&piece),
                Part::End => break,
            },
            Err(RecvTimeoutError::Disconnected) => return Err(Error::lost(call, "it broke off")),
            Err(RecvTimeoutError::Timeout) if left <= word => {
                return Err(Error::timed_out(call));
            }
            Err(RecvTimeoutError::Timeout) => {
                next_word = clock::since(began) + FIRST_WORD;
                if words.are_due(ErrorKind::TimedOut) {
                    let so_far = match body.len() {
                        0 => String::new(),
                        bytes => format!(", of which {} bytes have come", grouped(bytes)),
                    };
                    say!("waiting for the answer to {call}{so_far}");
                }
                continue;
            }
        }
        heard = clock::instant();
        if body.len() as u64 > most {
            let most = grouped(most);
            let problem = format!("it has over {most} bytes, which is the most that is read");
            return Err(Error::bad_answer(call, &problem));
        }
    }
    let (status, headers) = head.ok_or_else(|| Error::lost(call, "it broke off"))?;
    Ok(Received {
        status,
        headers,
        body,
    })
}

/// Hands on what comes, for as long as somebody takes it.
fn forward(outgoing: RequestBuilder, call: &str, parts: &SyncSender<Result<Part>>) {
    let mut response = match outgoing.send() {
        Ok(response) => response,
        Err(cause) => {
            let _ = parts.send(Err(Error::unreachable(call, cause)));
            return;
        }
    };
    let mut part = Ok(Part::Head(response.status(), response.headers().clone()));
    loop {
        let is_last = matches!(part, Ok(Part::End) | Err(_));
        if parts.send(part).is_err() || is_last {
            return;
        }
        let mut piece = Zeroizing::new(vec![0; PIECE]);
        part = match response.read(&mut piece) {
            Ok(0) => Ok(Part::End),
            Ok(count) => {
                piece.truncate(count);
                Ok(Part::Piece(piece))
            }
            Err(cause) => Err(Error::cut_off(call, cause)),
        };
    }
}
