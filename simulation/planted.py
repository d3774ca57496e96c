"""Plants faults in the engine, one after the other, and says at which seed the gate finds each.

    python3 simulation/planted.py ['WORDS OF A NAME' ...]

It works in a copy of the sources, and leaves the sources as they are. Each fault is one text or several, and what stands in their places.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEEDS = int(os.environ.get("SEEDS", "2000"))

# The age of a user is looked at once more right before the deletion.
OF_ANY_AGE = ("src/jobs/ownership.rs", "        if created < since {\n            return Some(OLDER);\n        }\n", "")

# The fault, and for each place: the file, what stands there, what is planted. What is guarded twice does harm only when both guards are gone.
FAULTS = [
    ("sending is written down after the upload", "src/imports/schedule.rs",
     "        self.run.note(Entry::Sending { file, at })?;\n        match send_upload(&self.tenant, upload, &correlation_id) {",
     "        let sent = send_upload(&self.tenant, upload, &correlation_id);\n        self.run.note(Entry::Sending { file, at })?;\n        match sent {"),
    ("a time-out counts as not taken", "src/imports/schedule.rs",
     "            kind if kind.may_pass() => {\n                let wait = self.retry.pause(error)?;\n                self.upload_after",
     "            kind if kind.may_pass() => {\n                self.run.note(Entry::NotTaken { file })?;\n                let wait = self.retry.pause(error)?;\n                self.upload_after"),
    ("a lost upload makes no file uncertain", "src/imports/file_state.rs", "self.sent.len() > 1", "self.sent.len() > 100"),
    ("the packed file goes before its end is written", "src/imports/run.rs",
     "        self.folder.write(&done_name(end.file), &left)?;\n        self.note(Entry::Done(end))?;\n        self.folder.delete(&name);",
     "        self.folder.write(&done_name(end.file), &left)?;\n        self.folder.delete(&name);\n        self.note(Entry::Done(end))?;"),
    ("the end is written before what is left of the users", "src/imports/run.rs",
     "        self.folder.write(&done_name(end.file), &left)?;\n        self.note(Entry::Done(end))?;",
     "        let file = end.file;\n        self.note(Entry::Done(end))?;\n        self.folder.write(&done_name(file), &left)?;"),
    ("hashes stay when a file is done", "src/imports/run.rs", "            if end.note_of(row).is_none() {\n                strip", "            if end.note_of(row).is_some() {\n                strip"),
    ("the journal is not synced", "src/imports/folder/mod.rs", ".and_then(|()| self.journal.sync_data())", ".map(|()| ())"),
    ("files are not synced", "src/imports/folder/mod.rs", ".and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))", ".and_then(|mut file| file.write_all(bytes))"),
    ("a torn line is not cut off", "src/imports/folder/mod.rs", "        journal.set_len(whole as u64).map_err(failed)?;\n", ""),
    ("a run that is packed is not moved into its place with a sync", "src/imports/folder/mod.rs", "        sync_folder(&imports).map_err(failed)?;\n        // Another run that is shown at this moment may have deleted it.\n        match sync_folder(&packing) {", "        match Ok::<(), io::Error>(()) {"),
    ("a slot is taken for free after an upload", "src/imports/schedule.rs", "self.running.len() < self.options.slots && now", "self.running.len() <= self.options.slots && now"),
    ("the rate is measured from sending, and forgotten after a second request", "src/tenant/rate.rs", "(per_second as usize).clamp(1, REMEMBERED)", "(2 * per_second as usize).clamp(1, REMEMBERED)"),
    ("what a report refuses of a file that was sent twice is believed", "src/imports/verdict.rs", "        (Told::Refused, _) if !row.uncertain => AsRefused,\n        (Told::There, _) if !row.uncertain => there(row, found),", "        (Told::Refused, _) => AsRefused,\n        (Told::There, _) => there(row, found),"),
    ("whom a search does not show is not there", "src/imports/settle.rs", "                self.set(by, place, Look::Here);\n            }\n        }\n        Ok(())", "                self.set(by, place, Look::Here);\n            } else {\n                self.set(by, place, Look::Absent);\n            }\n        }\n        Ok(())"),
    ("a process that goes on forgets the uploads before it", "src/imports/journal/rules.rs", "                state.uploads += 1;", "                state.uploads += 0;"),
    ("an upsert is sent again whenever it was sent", "src/imports/schedule.rs", "state.was_sent_long_ago(unix_millis()) {", "state.was_sent_long_ago(0) {"),
    ("users of before are removed too, of any age", "src/removal/mod.rs", 'None if end.is_updated(row) => Some(UPDATED),', "None if end.is_updated(row) => None,", *OF_ANY_AGE),
    ("users who were already there are removed too, of any age", "src/removal/mod.rs",
     "Some(kind) if candidate.made_id && may_be_in(*kind, candidate) => None,",
     "Some(kind) if candidate.made_id && may_be_in(*kind, candidate) || *kind == NoteKind::AlreadyThere => None,", *OF_ANY_AGE),
    ("ids of the reader's own are removed without a look, when it is planned and when it is done", "src/removal/plan.rs",
     "    if let Some(doubt) = doubt(&profile, connection, candidate.span) {\n        return Ok(Err(doubt));\n    }\n    // A copy", "    // A copy",
     "src/removal/mod.rs", "        Some(span) => doubt.or_else(|| span.doubt(&profile)),", "        Some(_) => None,"),
    ("late users with drawn ids are left", "src/removal/mod.rs", "Some(kind) if candidate.made_id && may_be_in(*kind, candidate) => None,", "Some(kind) if candidate.made_id && candidate.is_in && may_be_in(*kind, candidate) => None,"),
    ("no new token after a 401", "src/tenant/mod.rs", "if answer.status == StatusCode::UNAUTHORIZED\n", "if answer.status == StatusCode::IM_A_TEAPOT\n"),
    ("a limit is no limit: 429 stops the run", "src/imports/schedule.rs", "            ErrorKind::RateLimited | ErrorKind::TokenQuota => {\n                self.run.note(Entry::NotTaken { file })?;\n                self.hold(error)", "            ErrorKind::RateLimited | ErrorKind::TokenQuota => {\n                self.run.note(Entry::NotTaken { file })?;\n                Err(error)"),
    ("the cap on when to ask is gone", "src/imports/estimate.rs", "let latest = age.saturating_add(gap(job.took));", "let latest = Duration::MAX.min(age.saturating_add(gap(job.took)) * 1000);"),
    ("who has another's username is already there", "src/imports/verdict.rs", "        Look::Absent => Noted(NoteKind::Failed, Why::Taken),", "        Look::Absent => AsRefused,"),
    ("what a limit says of its wait is not heeded", "src/tenant/refusal.rs", "retry_after(self).or_else(reset);", "Some(1).or_else(reset);"),
    ("a page in the place of a 404 is one", "src/tenant/refusal.rs", "    let why = answer.unreadable()?;", "    let why = answer.unreadable().filter(|_| answer.call.is_empty())?;"),
    ("what is said of a token is said of the job", "src/error/mod.rs", "        if let Detail::Refused { .. } = self.0.detail {", "        if let Detail::Refused { status: 0, .. } = self.0.detail {"),
    ("a deletion that is lost and then meets a page has deleted", "src/tenant/mod.rs", "refusal(&answer).status() == Some(404);", "answer.status == StatusCode::NOT_FOUND;"),
    ("rows that no report names have come in", "src/imports/verdict.rs", "        (Told::Unnamed, Some(Look::Absent)) => unknown(Why::NotReported),", "        (Told::Unnamed, Some(Look::Absent)) => Inserted,"),
    ("the last row is never taken", "src/imports/mod.rs",
     "    let shown = pack(&mut run, packer, users.iter().map(dressed))",
     "    let most = users.len().max(2) - 1;\n    let shown = pack(&mut run, packer, users.iter().take(most).map(dressed))"),
    ("a file is sent once, whatever becomes of its job", "src/imports/schedule.rs",
     "const UPLOADS: u32 = 3;",
     "const UPLOADS: u32 = 1;"),
    ("ids of the reader's own are drawn anew", "src/imports/pack.rs",
     "        if !has_own_id && self.make_ids {",
     "        if self.make_ids {"),
    ("an upsert is an import", "src/jobs/upload.rs",
     "        (\"upsert\", options.upsert.to_string()),",
     "        (\"upsert\", false.to_string()),"),
    ("whom a lagging search hides is gone", "src/removal/plan.rs",
     "    let profile = ownership::by_id(tenant, id)?;\n    Ok(match profile {",
     "    let profile = ownership::by_id(tenant, id)?.filter(|_| false);\n    Ok(match profile {"),
    ("whom a handle imported and a search does not show is not there", "src/removal/plan.rs",
     "        _ if candidate.is_in => return Ok(None),\n",
     ""),
    ("who is in by an uncertain upload is unknown", "src/imports/verdict.rs",
     "        (_, Some(Look::Here)) => Inserted,",
     "        (_, Some(Look::Here)) if !row.uncertain => Inserted,\n        (_, Some(Look::Here)) => unknown(Why::AnswerLost),"),
    ("the sheet tells of nobody as updated", "src/imports/report.rs",
     "                        None if end.is_updated(row) => (Outcome::Updated, None),\n",
     ""),
    ("nobody looks late", "src/imports/late.rs",
     "                .is_some_and(|until| until <= unix_millis());",
     "                .is_some_and(|until| until.saturating_add(until) <= unix_millis());"),
    ("a run looks late while its jobs are at work", "src/imports/late.rs",
     "                .is_some_and(|until| until <= unix_millis());",
     "                .is_some_and(|until| until <= unix_millis() + until);"),
    ("hashes stay after a late look", "src/imports/run.rs",
     "            if holds(&came_in, row) {",
     "            if holds(&came_in, row) && row == 0 {"),
    ("a connection is like another", "src/jobs/ownership.rs",
     "(connection.is_none() || identity.connection.as_deref() == connection)",
     "(connection.is_none() || identity.connection.is_some())"),
    ("nobody is newer than a job", "src/jobs/ownership.rs",
     "created > until + TOLERANCE);",
     "created > until + 1_000_000 * TOLERANCE);"),
    ("reports are shown as they are", "src/jobs/errors.rs",
     "words_of_others(&without_secrets(&sent.hide(text)), MOST_CHARS);",
     "words_of_others(text, MOST_CHARS);"),
    ("a removal has no rate", "src/removal/mod.rs",
     "        .paced(Pace::adapting(per_second))",
     "        .paced(Pace::new(1e6))"),
    ("a reset says nothing", "src/tenant/refusal.rs",
     "        let seconds = retry_after(self).or_else(reset);",
     "        let seconds = retry_after(self).or_else(|| reset().filter(|_| false));"),
    ("an import stops after four faults or two minutes", "src/tenant/retry.rs",
     "self.faults < self.patience.faults || clock::since",
     "self.faults < self.patience.faults && clock::since"),
    ("one slot is used", "src/imports/schedule.rs",
     "self.running.len() < self.options.slots && now >= self.upload_after;",
     "self.running.len() < self.options.slots.min(1) && now >= self.upload_after;"),
    ("an upload that finds no slot is repeated at once", "src/imports/schedule.rs",
     "                self.upload_after = clock::instant() + self.slot_wait;\n",
     ""),
    ("a young job is gone", "src/imports/schedule.rs",
     "        if age < APPEARS {",
     "        if age < Duration::ZERO {"),
    ("an upsert is sent again by another process", "src/imports/schedule.rs",
     "            Silence::Failed if may_send && (!is_upsert || running.whole) =>",
     "            Silence::Failed if may_send =>"),
    ("an upsert whose job is gone is sent again", "src/imports/schedule.rs",
     "            Silence::Gone if may_send && !is_upsert =>",
     "            Silence::Gone if may_send =>"),
    ("a report that is gone stops a run", "src/imports/settle.rs",
     "            Err(error) if error.status() == Some(404) => ReportAnswer::default(),",
     "            Err(error) if error.status() == Some(405) => ReportAnswer::default(),"),
    ("more users than a job inserted are its own", "src/removal/mod.rs",
     "    if plan.users.len() as u64 > inserted {\n        plan.keep_all();\n    }\n",
     ""),
]


def build(copy):
    command = ["cargo", "build", "--quiet", "--locked", "--package", "simulation"]
    subprocess.run(command, cwd=copy, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", copy / "target")
    return pathlib.Path(target) / "debug" / "simulation"


def play(program):
    """The first seed that finds the fault, and by what; nothing after it is played."""
    with subprocess.Popen([program, str(SEEDS)], stdout=subprocess.PIPE, text=True) as playing:
        for line in playing.stdout:
            found = re.match(r"seed (\d+) fails: (.{0,160})", line)
            if found:
                playing.kill()
                return found[1], found[2]
    return None


def main():
    wanted = sys.argv[1:] or [""]
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "copy"
        names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in names.splitlines():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
        survived = 0
        for name, *places in FAULTS:
            if not any(words in name for words in wanted):
                continue
            sources = {}
            for file, text, planted in zip(*[iter(places)] * 3):
                path = copy / file
                source = path.read_text()
                assert source.count(text) == 1, f"{name}: {source.count(text)} times in {file}"
                sources[path] = source
                path.write_text(source.replace(text, planted))
            found = play(build(copy))
            for path, source in sources.items():
                path.write_text(source)
            survived += not found
            print(f"{name}: " + (f"seed {found[0]}: {found[1]}" if found else "NOT FOUND"), flush=True)
    sys.exit(survived > 0)


main()
