//! The story of lesson 01 without Jupyter: `cargo run --example first_import`, on the practice tenant.

use auth0_bulk_users::*;

fn main() -> Result<()> {
    let tenant = Tenant::practice()?;
    println!("{tenant}\n");

    let users = generate_users("example", "example.com", 12)?;
    let accounts = set_passwords(&users, Passwords::SameAsUsername)?;
    println!("{accounts}\n");

    let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
    let job = start_import(&tenant, &connection, &accounts)?;
    println!("{job}");
    let finished = wait_for_job(&tenant, &job, Duration::from_secs(120))?;
    println!("{finished}");
    println!("{}\n", job_errors(&tenant, &finished)?);

    println!(
        "{}",
        verify_sign_in(
            &tenant,
            "Username-Password-Authentication",
            "example_07",
            "example_07"
        )?
    );

    let plan = plan_removal(&tenant, &finished)?;
    println!("{plan}");
    println!("{}", remove_users(&tenant, plan)?);
    Ok(())
}
