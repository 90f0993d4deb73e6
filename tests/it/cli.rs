//! The executable as users and scripts meet it.
