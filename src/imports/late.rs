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
        let deadline = Deadline::after(self.options.time_limit);
        let rate = self.options.requests_per_second;
        let asking = tenant.paced(Pace::new(rate));
        let asking = asking.until(deadline, Patience::of_a_run());
        let made_here = tenant.witness().made(self.folder.done_so_far());
        for file in 1..=self.files.len() {
            let state = &self.files[file - 1];
            let is_over = state
                .may_work_until()
                .is_some_and(|until| until <= unix_millis());
            let rows = state.open_rows();
            let rows: Vec<usize> = rows
                .into_iter()
                .filter(|row| self.is_made_id(file, *row))
                .collect();
            if !is_over || rows.is_empty() {
                continue;
            }
            let mut looking = Settling::late(self, file, &rows)?;
            while let Some(due) = looking.due(rate) {
                clock::wait(due.saturating_duration_since(clock::instant()));
                looking.ask(&asking, self)?;
            }
            // A token that may look users up will tell.
            if looking.is_untold() {
                continue;
            }
            let came_in = looking.came_in();
            self.finish_late(file, row_runs(&came_in))?;
        }
        if made_here {
            tenant.witness().remember(self.folder.done_so_far());
        }
        ImportReport::new(self, tenant.traffic().count - before)
    }
}
