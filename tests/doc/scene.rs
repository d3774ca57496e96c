// Where an example of the documentation plays that starts jobs or leaves files, included by a hidden line of it:
// a working folder of its own, which goes with the example, and its turn, since a tenant runs no more than two jobs
// at once.
{
    struct Scene {
        folder: std::path::PathBuf,
        _turn: std::fs::File,
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            let _ = std::env::set_current_dir(std::env::temp_dir());
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    let temp = std::env::temp_dir();
    let lane = format!("auth0-bulk-users-examples-{}.lock", std::process::id() % 2);
    let turn = std::fs::File::create(temp.join(lane)).expect("a file");
    turn.lock().expect("a turn");
    let folder = temp.join(format!("auth0-bulk-users-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::env::set_current_dir(&folder).expect("the folder");
    Scene { folder, _turn: turn }
}
