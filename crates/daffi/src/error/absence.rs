//! Why nobody is there to be called, in words.

use std::fmt;

use daffi_proto::{Name, Registry};

/// What to do about a process that has stopped.
const STAY: &str = "a process that others call has to stay, as with g.join()";

/// Nobody offers the name that was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCandidate {
    /// The name.
    pub name: String,
    /// The one process that was asked for, and why it is not there; `None` where it is.
    pub node: Option<(String, Option<Absence>)>,
    /// What each process offers, in order of joining and registration.
    pub offers: Vec<(Name, Vec<Name>)>,
    /// The name that is most like it: of a callback, or of a process where that is not there.
    pub nearest: Option<Name>,
    /// The process that offered it last, and is gone.
    pub left: Option<Name>,
}

/// No other process has the name that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoProcess {
    /// The name.
    pub name: String,
    /// Why it is not there.
    pub why: Absence,
    /// The processes that are there, in order of joining.
    pub others: Vec<Name>,
    /// The one of them whose name is most like it.
    pub nearest: Option<Name>,
}

/// Why a process is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It is the calling process, which is not called.
    Itself,
    /// It was there and has stopped.
    Gone,
    /// Nobody has this name.
    Unknown,
}

impl Absence {
    /// Why this process is not there for the process `own`; `None` where it is.
    pub(crate) fn of(process: &str, own: &Name, registry: &Registry) -> Option<Self> {
        if process == own.as_str() {
            Some(Self::Itself)
        } else if registry.process(process).is_some() {
            None
        } else if registry.has_gone(process) {
            Some(Self::Gone)
        } else {
            Some(Self::Unknown)
        }
    }

    fn said_of(self, process: &str) -> String {
        match self {
            Self::Itself => format!(
                "this is the process '{process}' itself, and a call never goes to the calling process"
            ),
            Self::Gone => format!("process '{process}' has stopped"),
            Self::Unknown => format!("no other process is named '{process}'"),
        }
    }

    fn hint(self, process: &str, nearest: Option<&Name>) -> String {
        match (self, nearest) {
            (Self::Itself, _) => "call the function itself, or name another process".to_owned(),
            (Self::Gone, _) => {
                format!("{STAY}; g.wait_process('{process}') waits until it is back")
            }
            (Self::Unknown, Some(nearest)) => format!("did you mean '{nearest}'?"),
            (Self::Unknown, None) => format!("g.wait_process('{process}') waits for it"),
        }
    }
}

impl NoCandidate {
    /// What is wrong, without what there is in its place.
    fn problem(&self) -> String {
        let name = &self.name;
        match (&self.node, &self.left) {
            (Some((node, Some(Absence::Itself))), _) => Absence::Itself.said_of(node),
            (Some((_, _)), Some(left)) => was_offered_by(left, name),
            (Some((node, Some(absence))), None) => absence.said_of(node),
            (Some((node, None)), None) => {
                format!("process '{node}' does not offer a callback named '{name}'")
            }
            (None, Some(left)) if self.offers.is_empty() => was_offered_by(left, name),
            (None, Some(left)) => format!(
                "no other process offers a callback named '{name}' any more: '{left}', which did, has stopped"
            ),
            (None, None) => format!("no other process offers a callback named '{name}'"),
        }
    }

    fn hint(&self) -> Option<String> {
        let nearest = self.nearest.as_ref();
        match (&self.node, &self.left) {
            (Some((node, Some(absence))), _) => Some(absence.hint(node, nearest)),
            (_, Some(_)) => Some(STAY.to_owned()),
            (_, None) => match nearest {
                Some(nearest) => Some(format!("did you mean '{nearest}'?")),
                None if self.offers.is_empty() => {
                    Some(format!("g.wait_function('{}') waits for one", self.name))
                }
                None => None,
            },
        }
    }
}

impl fmt::Display for NoCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem())?;
        if !matches!(self.node, Some((_, Some(Absence::Itself)))) {
            if self.offers.is_empty() {
                f.write_str("; no other process is here")?;
            } else {
                f.write_str("; on offer:")?;
            }
            for (process, names) in &self.offers {
                write!(f, "\n  {process}: [ {} ]", joined(names))?;
            }
        }
        match self.hint() {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for NoProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why.said_of(&self.name))?;
        match (self.why, self.others.as_slice()) {
            (Absence::Itself, _) => {}
            (_, []) => f.write_str("; no other process is here")?,
            (_, others) => write!(f, "; there are: [ {} ]", joined(others))?,
        }
        let hint = self.why.hint(&self.name, self.nearest.as_ref());
        write!(f, "\nhint: {hint}")
    }
}

fn was_offered_by(left: &Name, name: &str) -> String {
    format!("process '{left}', which offered a callback named '{name}', has stopped")
}

fn joined(names: &[Name]) -> String {
    let names: Vec<_> = names.iter().map(Name::as_str).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text).expect("the text is a name")
    }

    fn no_candidate(node: Option<Absence>, left: Option<&str>, offers: &[&str]) -> String {
        let offers = offers.iter().map(|process| (name(process), Vec::new()));
        NoCandidate {
            name: "add".to_owned(),
            node: node.map(|absence| ("first".to_owned(), Some(absence))),
            offers: offers.collect(),
            nearest: None,
            left: left.map(name),
        }
        .to_string()
    }

    fn no_process(why: Absence) -> String {
        let (name, others) = ("first".to_owned(), vec![name("second")]);
        NoProcess {
            name,
            why,
            others,
            nearest: None,
        }
        .to_string()
    }

    #[test]
    fn that_a_process_has_stopped_is_said_once() {
        let gone = Some(Absence::Gone);
        for (text, problem) in [
            (
                no_candidate(gone, Some("first"), &[]),
                "process 'first', which offered a callback named 'add', has stopped; no other process is here\n",
            ),
            (
                no_candidate(None, Some("first"), &[]),
                "process 'first', which offered a callback named 'add', has stopped; no other process is here\n",
            ),
            (
                no_candidate(gone, None, &["second"]),
                "process 'first' has stopped; on offer:\n  second: [  ]\n",
            ),
            (
                no_process(Absence::Gone),
                "process 'first' has stopped; there are: [ second ]\n",
            ),
        ] {
            let rest = text.strip_prefix(problem);
            assert!(
                rest.is_some_and(|rest| rest.starts_with(&format!("hint: {STAY}"))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_process_that_is_unknown_or_our_own_is_said_to_be_so_by_all_calls() {
        for (absence, wanted) in [
            (Absence::Itself, "this is the process 'first' itself"),
            (Absence::Unknown, "no other process is named 'first'; "),
        ] {
            for text in [
                no_candidate(Some(absence), None, &["second"]),
                no_process(absence),
            ] {
                assert!(
                    text.starts_with(wanted) && text.contains("\nhint: "),
                    "{text}"
                );
            }
        }
    }
}
