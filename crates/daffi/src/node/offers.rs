//! The callbacks of this process, by the number that requests name and by the name that people use.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use daffi_proto::{CallbackInfo, CallbackNumber, Name};
use parking_lot::RwLock;
use rustc_hash::FxHashSet;

use super::gate::Gate;
use super::gates::Gates;
use crate::callback::{Callback, Definition};
use crate::error::RegisterError;

pub(crate) struct Offers {
    most: usize,
    gates: Arc<Gates>,
    table: RwLock<Table>,
}

/// What runs requests to a callback of this process.
#[derive(Clone)]
pub(crate) struct Offered {
    pub(crate) run: Arc<dyn Callback>,
    /// Where so many may run at once.
    pub(crate) gate: Option<Arc<Gate>>,
}

#[derive(Default)]
struct Table {
    /// A callback's number is its place.
    callbacks: Vec<Offered>,
    infos: Vec<CallbackInfo>,
    names: FxHashSet<Name>,
}

impl Offers {
    pub(crate) fn new(most: usize, gates: Arc<Gates>) -> Self {
        Self {
            most,
            gates,
            table: RwLock::default(),
        }
    }

    /// Adds a callback; what others are to be told of it comes back.
    pub(crate) fn add(&self, definition: Definition) -> Result<CallbackInfo, RegisterError> {
        let Definition {
            name,
            signature,
            run,
            at_once,
        } = definition;
        let gate = self.gate(&name, at_once);
        let mut table = self.table.write();
        let number = table.callbacks.len();
        let number = match u32::try_from(number) {
            Ok(fits) if number < self.most => CallbackNumber(fits),
            _ => return Err(RegisterError::TooMany(self.most)),
        };
        if !table.names.insert(name.clone()) {
            return Err(RegisterError::Duplicate(name));
        }
        let info = CallbackInfo {
            number,
            name,
            signature: Arc::new(signature),
        };
        table.callbacks.push(Offered { run, gate });
        table.infos.push(info.clone());
        Ok(info)
    }

    /// Puts a callback in the place of the one of its name, under the same number; new ones are added. What others are
    /// to be told comes back, if they would notice.
    pub(crate) fn replace(
        &self,
        definition: Definition,
    ) -> Result<(CallbackNumber, Option<CallbackInfo>), RegisterError> {
        let mut table = self.table.write();
        let table_mut = &mut *table;
        let known = table_mut.infos.iter_mut().zip(&mut table_mut.callbacks);
        for (info, callback) in known {
            if info.name == definition.name {
                // Dropped without the lock: its destructor may run anything.
                // Its calls that run count on where the bound is the same.
                let bound = callback.gate.as_ref().map(|gate| gate.at_once());
                let gate = if bound == definition.at_once {
                    callback.gate.clone()
                } else {
                    self.gate(&definition.name, definition.at_once)
                };
                let run = definition.run;
                let before = std::mem::replace(callback, Offered { run, gate });
                let noticed = *info.signature != definition.signature;
                if noticed {
                    info.signature = Arc::new(definition.signature);
                }
                let told = (info.number, noticed.then(|| info.clone()));
                drop(table);
                drop(before);
                return Ok(told);
            }
        }
        drop(table);
        let info = self.add(definition)?;
        Ok((info.number, Some(info)))
    }

    /// The same with many, which others are told of together: all fit, or none is taken.
    pub(crate) fn replace_all(
        &self,
        definitions: Vec<Definition>,
    ) -> Result<Vec<CallbackInfo>, RegisterError> {
        {
            let table = self.table.read();
            let new = definitions
                .iter()
                .filter(|new| !table.names.contains(&new.name));
            if table.callbacks.len() + new.count() > self.most {
                return Err(RegisterError::TooMany(self.most));
            }
        }
        let mut told = Vec::new();
        for definition in definitions {
            told.extend(self.replace(definition)?.1);
        }
        Ok(told)
    }

    fn gate(&self, name: &Name, at_once: Option<NonZeroUsize>) -> Option<Arc<Gate>> {
        let what = format!("calls of '{name}'");
        at_once.map(|at_once| self.gates.gate(what, at_once))
    }

    pub(crate) fn get(&self, number: CallbackNumber) -> Option<Offered> {
        let place = usize::try_from(number.0).ok()?;
        self.table.read().callbacks.get(place).cloned()
    }

    /// What people know a callback by.
    pub(crate) fn name(&self, number: CallbackNumber) -> Option<Name> {
        let place = usize::try_from(number.0).ok()?;
        let table = self.table.read();
        table.infos.get(place).map(|info| info.name.clone())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.table.read().names.contains(name)
    }

    /// Lets go of all callbacks: what they hold may hold this process in turn.
    pub(crate) fn clear(&self) {
        let table = std::mem::take(&mut *self.table.write());
        drop(table);
    }

    /// All of them, in order of registration.
    pub(crate) fn infos(&self) -> Vec<CallbackInfo> {
        self.table.read().infos.clone()
    }
}

impl fmt::Debug for Offers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.table.read().names).finish()
    }
}
