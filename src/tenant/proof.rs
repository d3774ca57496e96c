//! Whether who answers as the practice tenant is the one that this project started.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use reqwest::blocking::Client;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::tenant::settings::Settings;
use crate::words::hex;

/// The settings of the one that runs: those in the file, if who answers at their address knows the file's key.
pub(crate) fn running(env_file: &Path) -> Result<Option<Settings>> {
    if !env_file.is_file() {
        return Ok(None);
    }
    let settings = Settings::from_file(env_file)?;
    let (Some(domain), Some(key)) = (settings.get("DOMAIN"), proof_key(env_file)) else {
        return Ok(None);
    };
    // Another program may have taken its port since: no secret is sent until it has proven itself.
    Ok(proves(domain, &key).then_some(settings))
}

/// The key of the practice tenant that wrote the file. It is not a setting, and is never sent.
pub(crate) fn proof_key(env_file: &Path) -> Option<String> {
    let text = fs::read_to_string(env_file).ok()?;
    let key = text
        .lines()
        .find_map(|line| line.strip_prefix("PRACTICE_PROOF="))?;
    (!key.is_empty()).then(|| key.to_string())
}

/// Whether who answers there knows the key: it is asked for the HMAC of a number that was never asked for before.
pub(crate) fn proves(domain: &str, key: &str) -> bool {
    let ask = || {
        let challenge = crate::secrets::random_hex(32).ok()?;
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(5));
        let client = client.tls_backend_preconfigured(crate::tenant::tls::tls().ok()?);
        let answer = client
            .build()
            .ok()?
            .post(format!("{domain}/practice/prove"))
            .header("content-type", "application/json")
            .body(json!({ "challenge": challenge }).to_string())
            .send()
            .ok()?;
        let mut text = String::new();
        // What answers may be anything, and go on forever.
        answer.take(1000).read_to_string(&mut text).ok()?;
        let json: Value = serde_json::from_str(&text).ok()?;
        Some(json["proof"].as_str()? == hmac_sha256(key.as_bytes(), challenge.as_bytes()))
    };
    ask().unwrap_or(false)
}

/// RFC 2104 over SHA-256, in hex: too little for a crate that each first cell would compile.
fn hmac_sha256(key: &[u8], message: &[u8]) -> String {
    const BLOCK: usize = 64;
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let hash = |pad: u8, rest: &[u8]| {
        let mut sha256 = Sha256::new();
        sha256.update(block.map(|byte| byte ^ pad));
        sha256.update(rest);
        sha256.finalize()
    };
    let mac = hash(0x5c, &hash(0x36, message));
    hex(&mac)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};
    use std::thread;

    use super::*;

    /// A neighbour that knows all that anybody may read, and that has taken the port of one that ended.
    fn impostor() -> (String, Arc<Mutex<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let domain = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(String::new()));
        let all = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = [0; 10_000];
                let count = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..count]);
                all.lock().unwrap().push_str(&request);
                let proof = hmac_sha256(b"", b"");
                let body = format!(
                    "{{\"practice_tenant\":true,\"client_id\":\"id\",\"proof\":\"{proof}\"}}"
                );
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            }
        });
        (domain, heard)
    }

    #[test]
    fn one_that_does_not_know_the_key_is_sent_no_secret() {
        let name = format!("practice-{}", crate::secrets::random_hex(6).unwrap());
        let target = std::env::temp_dir().join(name);
        fs::create_dir_all(&target).unwrap();
        let env_file = target.join("practice-tenant.env");
        let (domain, heard) = impostor();
        for proof in ["PRACTICE_PROOF=never-told", "PRACTICE_PROOF=", ""] {
            let lines = format!(
                "DOMAIN={domain}\nMGMT_API_ACCESS_TOKEN=token\nCLIENT_ID=id\nCLIENT_SECRET=secret\n{proof}\n"
            );
            fs::write(&env_file, lines).unwrap();
            assert!(running(&env_file).unwrap().is_none(), "{proof}");
        }
        let heard = heard.lock().unwrap().clone();
        assert_eq!(heard.matches("POST /practice/prove").count(), 1, "{heard}");
        for secret in ["never-told", "token", "secret", "uthorization"] {
            assert!(!heard.contains(secret), "{secret}: {heard}");
        }
        fs::remove_dir_all(&target).unwrap();
    }

    /// Test cases 1, 2 and 6 of RFC 4231.
    #[test]
    fn the_hmac_is_that_of_the_rfc() {
        for (key, message, mac) in [
            (
                &[0x0b; 20][..],
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(hmac_sha256(key, message.as_bytes()), mac);
        }
    }
}
