//! Doing something a little later, once, however often it is asked for.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

/// A deadline for one action.
#[derive(Clone, Copy)]
pub struct Later {
    due: StoredValue<Option<TimeoutHandle>>,
    action: Callback<()>,
}

impl Later {
    /// Nothing is due yet.
    pub fn new(action: Callback<()>) -> Later {
        let due = StoredValue::new(None::<TimeoutHandle>);
        on_cleanup(move || {
            if let Some(Some(handle)) = due.try_get_value() {
                handle.clear();
            }
        });
        Later { due, action }
    }

    /// Acts in `millis`, unless it is due already: at most one action in each interval, the last one never lost.
    pub fn within(self, millis: u64) {
        if self.due.with_value(Option::is_none) {
            let act = move || {
                if self.due.try_set_value(None).is_none() {
                    self.action.run(());
                }
            };
            self.due.set_value(set_timeout_with_handle(act, Duration::from_millis(millis)).ok());
        }
    }
}
