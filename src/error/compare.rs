//! Why a comparison with the practice tenant cannot be made.

use crate::error::sentence::sentences;

sentences! {
    Connection no_comparison_connection(name: &str);
        "nothing was compared: this tenant has no connection `{name}`, and a comparison writes only into a connection made for it"
        ": " "make an empty database with that name in the dashboard and enable it for one application, or name another with ComparisonOptions::connection";
    Connection comparison_connection_in_use(name: &str, email: &str);
        "nothing was compared: the connection `{name}` holds users that no comparison made, such as `{email}`"
        ": " "make a database for the comparison only, and name it with ComparisonOptions::connection";
    Connection comparison_connection_unfit(name: &str, why: &str);
        "nothing was compared: the connection `{name}` cannot be used, since {why}"
        ": " "make a plain database for the comparison, and name it with ComparisonOptions::connection";
    OutOfTime comparison_too_long(requests: usize);
        "the comparison stopped: it has sent its limit of {requests} requests";
}
