import Addresses
import Core

func measureRejections() {
    measure("Rejection: MySQL error in place of a greeting", each: Sample.addresses(.v4)) {
        Rejection.bytes(for: .mysql, reason: .notInWhitelist, client: $0)
    }
    measure("Rejection: HTTP 403 with JSON, IPv4", each: Sample.addresses(.v4)) {
        Rejection.bytes(for: .http, reason: .notInWhitelist, client: $0)
    }
    measure("Rejection: HTTP 403 with JSON, IPv6", each: Sample.addresses(.v6)) {
        Rejection.bytes(for: .http, reason: .notInWhitelist, client: $0)
    }
    let login = MySQLPacket(sequence: 1, payload: MySQLLogin(user: "analyst").payload).bytes
    let random = [UInt8](1...20)
    measure("Rejection: MySQL greeting, login, error", each: Sample.addresses(.v4)) { client in
        var rejection = GreetingRejection(
            reason: .notInWhitelist,
            client: client,
            connectionID: 7,
            scramble: MySQLScramble(random)
        )
        let greeting = rejection.greeting
        let step = rejection.receive(login)
        require(step != .wait && step != .abort, "a login was not answered")
        return (greeting, step)
    }
}
