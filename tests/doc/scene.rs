// Where an example of the documentation plays that starts jobs or leaves files, included by a hidden line of it:
// a working folder of its own, which goes with the example, and its turn, since a tenant runs no more than two jobs
// at once. All of it is below the project: in the system's folder for passing files, others could put something in
// the place of a name that they can guess.
{
    struct Scene {
        folder: std::path::PathBuf,
        _turn: std::fs::File,
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            let _ = std::env::set_current_dir(env!("CARGO_MANIFEST_DIR"));
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    let scenes = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/examples-scenes");
    std::fs::create_dir_all(&scenes).expect("a folder for the scenes");
    let lane = |lane: u32| {
        std::fs::File::create(scenes.join(format!("{lane}.lock"))).expect("a file")
    };
    // Whichever of the two is free, else the next turn in one of them.
    let free = [0, 1].map(lane).into_iter().find(|turn| turn.try_lock().is_ok());
    let turn = free.unwrap_or_else(|| {
        let turn = lane(std::process::id() % 2);
        turn.lock().expect("a turn");
        turn
    });
    let folder = scenes.join(std::process::id().to_string());
    std::fs::create_dir_all(&folder).expect("a folder");
    std::env::set_current_dir(&folder).expect("the folder");
    Scene { folder, _turn: turn }
}
