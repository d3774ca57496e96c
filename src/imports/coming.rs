//! Where the files of a run come from: all are ready, or more are packed while the first ones are sent.

use std::collections::VecDeque;
use std::iter::{Flatten, Once, once};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::clock;
use crate::error::{Error, Result};
use crate::imports::pack::{PackStep, RunPacker};
use crate::sources::counts::FileCounts;
use crate::users::User;

/// Files packed ahead of their upload when users stream in: what bounds the memory.
const FILES_AHEAD: usize = 2;

/// The files of a run.
pub(crate) enum Files {
    /// All are there.
    Packed,
    /// A separate thread packs more, since its source may keep it waiting.
    Packing(Receiver<Result<PackStep>>),
    /// More are packed on demand. On a turned clock no wait takes time, so nobody is kept waiting.
    InTurn(Box<dyn Iterator<Item = Result<PackStep>>>),
}

/// What asking for the next step gives.
pub(crate) enum Next {
    Step(Result<PackStep>),
    NotYet,
    NoMore,
}

impl Files {
    /// Packs these users as they come.
    pub(crate) fn of(
        users: impl IntoIterator<Item = Result<User>> + Send + 'static,
        counts: Option<FileCounts>,
        packer: RunPacker,
    ) -> Files {
        if clock::is_turned() {
            return Files::InTurn(Box::new(steps(users, counts, packer)));
        }
        let (sender, receiver) = sync_channel(FILES_AHEAD);
        // It is not waited for, since a source that hangs may never give its next user.
        thread::spawn(move || send_all(steps(users, counts, packer), &sender));
        Files::Packing(receiver)
    }

    /// The next step of packing, if it comes within `wait`.
    pub(crate) fn next(&mut self, wait: Duration) -> Next {
        let step = match self {
            Files::Packed => return Next::NoMore,
            Files::InTurn(steps) => return steps.next().map_or(Next::NoMore, Next::Step),
            Files::Packing(steps) if wait.is_zero() => {
                steps.try_recv().map_err(|none| match none {
                    TryRecvError::Empty => RecvTimeoutError::Timeout,
                    TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
                })
            }
            Files::Packing(steps) => clock::receive(steps, wait),
        };
        match step {
            Ok(step) => Next::Step(step),
            Err(RecvTimeoutError::Timeout) => Next::NotYet,
            Err(RecvTimeoutError::Disconnected) => Next::NoMore,
        }
    }

    /// Whether a file may be there at any moment, without being asked for.
    pub(crate) fn may_come(&self) -> bool {
        matches!(self, Files::Packing(_))
    }
}

/// Sends steps until there are no more, or until the receiver is gone.
fn send_all(mut steps: impl Iterator<Item = Result<PackStep>>, to: &SyncSender<Result<PackStep>>) {
    while steps.next().is_some_and(|step| to.send(step).is_ok()) {}
}

/// Packs users, one after the other.
struct Steps<U> {
    users: U,
    counts: Option<FileCounts>,
    /// `None` when all was packed.
    packer: Option<RunPacker>,
    ready: VecDeque<Result<PackStep>>,
}

/// The source is not touched before the first step is asked for: it may hang or panic.
fn steps<U: IntoIterator<Item = Result<User>>>(
    users: U,
    counts: Option<FileCounts>,
    packer: RunPacker,
) -> Steps<Flatten<Once<U>>> {
    Steps {
        users: once(users).flatten(),
        counts,
        packer: Some(packer),
        ready: VecDeque::new(),
    }
}

impl<I: Iterator<Item = Result<User>>> Iterator for Steps<I> {
    type Item = Result<PackStep>;

    fn next(&mut self) -> Option<Result<PackStep>> {
        while self.ready.is_empty() {
            let packer = self.packer.as_mut()?;
            match next_of(&mut self.users) {
                Ok(Some(user)) => match packer.add(user) {
                    Ok(steps) => self.ready.extend(steps.into_iter().map(Ok)),
                    // The users before it are sent, so it is known where to continue.
                    Err(error) => {
                        self.ready.extend(packer.rest().map(Ok));
                        self.ready.push_back(Err(error));
                        self.packer = None;
                    }
                },
                Ok(None) => {
                    let counts = self.counts.as_ref();
                    let left_out = counts.map_or(0, FileCounts::rows_left_out);
                    let packer = self.packer.take()?;
                    self.ready.extend(packer.end(left_out).into_iter().map(Ok));
                }
                Err(panicked) => {
                    self.ready.push_back(Err(panicked));
                    self.packer = None;
                }
            }
        }
        self.ready.pop_front()
    }
}

/// The next user of a source, or the fact that it panicked. A panic without a message does not come from a source, and is
/// passed on.
fn next_of<T>(users: &mut impl Iterator<Item = T>) -> Result<Option<T>> {
    catch_unwind(AssertUnwindSafe(|| users.next())).map_err(|panic| {
        if !panic.is::<&str>() && !panic.is::<String>() {
            resume_unwind(panic);
        }
        Error::source_panicked()
    })
}
