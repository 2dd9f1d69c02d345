//! Group state and its transitions.
//!
//! A [`Group`] is what one member holds of one group. Functions here read a `&Group` and yield a [`Step`]: what must
//! be stored, and what comes out once it is. Until [`Step::apply`] nothing has happened.

mod batch;
mod cache;
mod edit;
mod epoch;
mod header;
mod resident;
mod state;
mod step;

pub use batch::Batch;
pub use state::{Group, Member};
pub use step::{Fresh, Stale, Step};
