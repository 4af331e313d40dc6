import Addresses
import ArgumentParser
import Control

/// The demo's ports on 127.0.0.1.
struct DemoPorts: ParsableArguments {
    @Option(help: "MySQL port of the gateway.")
    var mysqlPort: UInt16 = 9030

    @Option(help: "HTTP port of the gateway.")
    var httpPort: UInt16 = 8080

    @Option(help: "Port of the console and the API.")
    var managementPort: UInt16 = 7080

    @Option(help: "MySQL port of the private link, for sample clients behind private endpoints.")
    var privatePort: UInt16 = 9031

    func validate() throws {
        let all = [mysqlPort, httpPort, managementPort, privatePort]
        guard !all.contains(0) else {
            throw ValidationError("invalid port 0 (expected 1 to 65535)")
        }
        guard Set(all).count == all.count else {
            throw ValidationError("the four ports must differ")
        }
    }

    /// `port` on 127.0.0.1.
    static func loopback(_ port: UInt16) -> SocketAddress {
        SocketAddress(.v4(IPv4Address(127, 0, 0, 1)), port: port)
    }

    /// Describes the error and, if a port is taken, the option that chooses another.
    func explain(_ error: ServiceError) -> String {
        guard let address = error.address, let option = option(for: address) else {
            return error.description
        }
        return "\(error) (choose another port with \(option))"
    }

    private func option(for address: String) -> String? {
        let options = [
            ("--mysql-port", mysqlPort), ("--http-port", httpPort),
            ("--management-port", managementPort), ("--private-port", privatePort),
        ]
        return options.first { Self.loopback($0.1).description == address }?.0
    }
}

extension ServiceError {
    /// The address that could not be bound.
    fileprivate var address: String? {
        switch self {
        case .cannotListen(let address, _), .cannotManage(let address, _): address
        case .invalidConfiguration, .cannotStart: nil
        }
    }
}
