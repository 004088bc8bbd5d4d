//! What a process waits for among the others, and what it sees instead.

use daffi_proto::{Name, Registry};

/// A process or a callback that is to come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Awaited<'a> {
    Process(&'a str),
    Function(&'a str),
}

impl Awaited<'_> {
    pub(crate) fn is_there(&self, registry: &Registry) -> bool {
        match self {
            Self::Process(name) => registry.process(name).is_some(),
            Self::Function(name) => !registry.candidates(name).is_empty(),
        }
    }

    /// What is there in its place, with the name that may have been meant.
    pub(crate) fn seen(&self, registry: &Registry) -> String {
        let gone = self.gone(registry);
        let listing = registry.listing();
        if listing.is_empty() {
            return format!("{gone}no other process is here");
        }
        let (seen, nearest): (Vec<_>, _) = match self {
            Self::Process(name) => {
                let names = listing.iter().map(|(process, _)| process.to_string());
                (names.collect(), registry.nearest_process(name))
            }
            Self::Function(name) => {
                let offers = listing.iter().map(offer);
                (offers.collect(), registry.nearest(name))
            }
        };
        let hint = nearest.map_or_else(String::new, |nearest| {
            format!("\nhint: did you mean '{nearest}'?")
        });
        match self {
            Self::Process(_) => format!("{gone}there are: [ {} ]{hint}", seen.join(", ")),
            Self::Function(_) => format!("{gone}on offer:{}{hint}", seen.concat()),
        }
    }

    /// Who was there and has stopped.
    fn gone(&self, registry: &Registry) -> String {
        match self {
            Self::Process(name) if registry.has_gone(name) => {
                "it was here and has stopped; ".to_owned()
            }
            Self::Process(_) => String::new(),
            Self::Function(name) => registry
                .last_offered_by(name, None)
                .map_or_else(String::new, |process| {
                    format!("'{process}', which offered it, has stopped; ")
                }),
        }
    }
}

impl std::fmt::Display for Awaited<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Process(name) => write!(f, "process '{name}'"),
            Self::Function(name) => write!(f, "callback '{name}'"),
        }
    }
}

fn offer((process, names): &(Name, Vec<Name>)) -> String {
    let names: Vec<_> = names.iter().map(Name::as_str).collect();
    format!("\n  {process}: [ {} ]", names.join(", "))
}
