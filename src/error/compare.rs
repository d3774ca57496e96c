//! Comparisons with the practice tenant that cannot be made.

use crate::error::sentence::sentences;

sentences! {
    Connection no_comparison_connection(name: &str);
        "nothing was compared: this tenant has no connection `{name}`, and a comparison writes into a connection that is there for it alone"
        ": " "make an empty database of that name in the dashboard and enable it for one application, or name another with compare_with_practice_with and ComparisonOptions::connection";
    Connection comparison_connection_in_use(name: &str, email: &str);
        "nothing was compared: the connection `{name}` holds users whom no comparison made (`{email}` is one)"
        ": " "make a database for the comparison alone, and name it with ComparisonOptions::connection";
    Connection comparison_connection_unfit(name: &str, why: &str);
        "nothing was compared: in the connection `{name}` {why}"
        ": " "make a plain database for the comparison, and name it with ComparisonOptions::connection";
    OutOfTime comparison_too_long(requests: usize);
        "no more was asked: the comparison has sent {requests} requests";
}
