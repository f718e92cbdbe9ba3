//! `cargo xtask`: everything that is done with this project, in one word each.

mod bench;
mod dist;
mod html;
mod lessons;
mod run;
mod serve;
mod setup;
mod stamp;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask serve [--port 8080] [--no-open]     builds, serves on localhost, opens a browser, rebuilds on change
cargo xtask test [native|dist|browser|tidy ...] everything that is checked, or only those parts
                 [--keep-dist] [-- ARGUMENTS]   tests dist/ as it is; ARGUMENTS go to `cargo test` and `node --test`
cargo xtask dist                                an optimised static site in dist/, for any host and any path
cargo xtask bench [-- ARGUMENTS]                every kernel, natively; --peer: beside burn's; --tune: fine-tuning's accuracy
cargo xtask bench --browser [--cold] [-- ..]    products against the peers in a browser page; --cold: first results
cargo xtask fuzz                                a million damaged files for every reader
cargo xtask shots                               pictures of every page, from dist/, in tests/browser/shots/
cargo xtask lessons [FOLDER]                    renders www/lessons into FOLDER/lessons (Trunk calls it)

AFINA_CACHE   where tools and builds are kept (default: the user's cache folder)
AFINA_BUILD   the stamp of a build (default: from its sources)
AFINA_BROWSERS   which browsers to test in (default: chromium,firefox)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.split_first() {
        Some((&"serve", rest)) => serve::serve(rest),
        Some((&"test", rest)) => test::test(rest),
        Some((&"dist", [])) => dist::dist().map(|site| dist::describe(&site)),
        Some((&"bench", rest)) => bench::bench(rest),
        Some((&"fuzz", [])) => bench::fuzz(),
        Some((&"shots", [])) => test::shots(),
        Some((&"lessons", rest)) => lessons::lessons(rest),
        Some((&("help" | "--help" | "-h"), _)) | None => {
            print!("{HELP}");
            Ok(())
        }
        Some(_) => Err(format!("`cargo xtask {}` is not a command of this project.\n\n{HELP}", words.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
