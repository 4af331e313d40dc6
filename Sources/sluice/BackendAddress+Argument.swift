public import ArgumentParser
import Traffic

/// `192.0.2.1:9030`, `[2001:db8::1]:9030` or `name:9030` on the command line.
extension BackendAddress: ExpressibleByArgument {
    package init?(argument: String) { self.init(written: argument) }
}
