//! The program `pcscope`; see [`pcscope::cli`].

fn main() -> std::process::ExitCode {
    pcscope::cli::main()
}
