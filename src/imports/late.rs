//! Looking again for users that a job may have imported after the run was done with it.

use crate::clock::{self, Deadline, unix_millis};
use crate::error::Result;
use crate::imports::report::ImportReport;
use crate::imports::run::{Run, row_runs};
use crate::imports::settle::Settling;
use crate::tenant::Tenant;
use crate::tenant::rate::Pace;
use crate::tenant::retry::Patience;

impl Run {
    /// Looks for rows of finished files that may have been imported since, once their jobs must have ended.
    pub(crate) fn look_again(&mut self, tenant: &Tenant) -> Result<ImportReport> {
        let before = tenant.traffic().count;
        let made_here = tenant.witness().made(self.folder.done_so_far());
        let looked = self.look_for_late(tenant);
        // An error does not undo the looks that were written down before it.
        if made_here {
            tenant.witness().remember(self.folder.done_so_far());
        }
        looked?;
        ImportReport::new(self, tenant.traffic().count - before)
    }

    fn look_for_late(&mut self, tenant: &Tenant) -> Result<()> {
        let rate = self.options.requests_per_second;
        let deadline = Deadline::after(self.options.time_limit);
        let mut retry = tenant.retry(deadline, Patience::of_a_run());
        // It asks once: what a look makes of a search that fails comes before asking again.
        let asking = tenant.paced(Pace::new(rate));
        let asking = asking.until(deadline, Patience::of_a_run()).impatient();
        for file in 1..=self.files.len() {
            let is_over = self.files[file - 1]
                .may_work_until()
                .is_some_and(|until| until <= unix_millis());
            let rows = self.late_rows(file);
            if !is_over || rows.is_empty() {
                continue;
            }
            let mut looking = Settling::late(self, file, &rows)?;
            while let Some(due) = looking.due(rate) {
                clock::wait(due.saturating_duration_since(clock::instant()));
                match looking.ask(&asking, self) {
                    Ok(()) => retry.answered(),
                    Err(error) => clock::wait(retry.pause(error)?),
                }
            }
            // A token that may look users up will tell.
            if looking.is_untold() {
                continue;
            }
            let came_in = looking.came_in();
            self.finish_late(file, row_runs(&came_in))?;
        }
        Ok(())
    }
}
