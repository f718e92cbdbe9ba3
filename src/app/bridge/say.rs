//! What the page says to a worker. The same JSON as [`crate::worker::ToWorker`], but the command in it is opaque: the
//! page passes on what a lab's page wrote, and need not carry the code that takes every lab's commands apart.

use crate::app::keep::wish_name;
use crate::protocol::{RunId, Verified};
use crate::worker::TierWish;

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub enum Say {
    Start { wish: TierWish, verified: Vec<Verified> },
    Run { run: RunId, command: String },
    Stop { run: RunId },
    File { name: String },
}

impl Say {
    /// The message as it travels.
    pub fn json(&self) -> String {
        match self {
            Say::Start { wish, verified } => {
                let one =
                    |v: &Verified| format!("{{\"adapter\":{},\"choices\":{}}}", quoted(&v.adapter), quoted(&v.choices));
                let verified: Vec<String> = verified.iter().map(one).collect();
                let verified = verified.join(",");
                format!("{{\"start\":{{\"wish\":\"{}\",\"verified\":[{verified}]}}}}", wish_name(*wish))
            }
            Say::Run { run, command } => format!("{{\"run\":{{\"run\":{},\"command\":{command}}}}}", run.0),
            Say::Stop { run } => format!("{{\"stop\":{{\"run\":{}}}}}", run.0),
            Say::File { name } => format!("{{\"file\":{{\"name\":{}}}}}", quoted(name)),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text always serialises")
}

/// The name of a command: `"adapter"`, or the key of `{"provoke": {..}}`; in both the first text between quotes.
pub fn command_name(command: &str) -> &str {
    command.split('"').nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::{Command, Provoked};
    use crate::worker::ToWorker;

    #[test]
    fn the_worker_understands_what_is_said() {
        let (run, name) = (RunId(7), "a \"b\".npy".to_owned());
        let command = Command::Provoke { fault: Provoked::Hang };
        let opaque = serde_json::to_string(&command).unwrap();
        let mut pairs = vec![
            (Say::Run { run, command: opaque }, ToWorker::Run { run, command }),
            (Say::Stop { run }, ToWorker::Stop { run }),
            (Say::File { name: name.clone() }, ToWorker::File { name }),
        ];
        for wish in [TierWish::Auto, TierWish::Gpu, TierWish::Cpu] {
            let known = |adapter: &str, choices: &str| Verified { adapter: adapter.into(), choices: choices.into() };
            let verified = vec![known("x \"1\"", "{\"a\":\"b\"}"), known("y", "")];
            pairs.push((Say::Start { wish, verified: verified.clone() }, ToWorker::Start { wish, verified }));
        }
        for (said, meant) in pairs {
            assert_eq!(serde_json::from_str::<ToWorker>(&said.json()).unwrap(), meant);
        }
    }

    #[test]
    fn commands_are_told_apart_by_their_name() {
        let named = |command: Command| command_name(&serde_json::to_string(&command).unwrap()).to_owned();
        assert_eq!(named(Command::Burn), "burn");
        assert_eq!(named(Command::Adapter), "adapter");
        assert_eq!(named(Command::Provoke { fault: Provoked::Panic }), "provoke");
    }
}
