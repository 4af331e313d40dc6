import Addresses
import MySQLProtocol
import Policy
import Traffic

func measureRejections() {
    measure("Rejection: MySQL error in place of a greeting", each: Sample.addresses(.v4)) {
        ServiceProtocol.mysql.error(for: .notInWhitelist, client: $0)
    }
    measure("Rejection: HTTP 403 with JSON, IPv4", each: Sample.addresses(.v4)) {
        ServiceProtocol.http.error(for: .notInWhitelist, client: $0)
    }
    measure("Rejection: HTTP 403 with JSON, IPv6", each: Sample.addresses(.v6)) {
        ServiceProtocol.http.error(for: .notInWhitelist, client: $0)
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
        let greeting = rejection.begin()
        let step = rejection.receive(login.span)
        require(step != .more() && step != .left(isProbe: false), "a login was not answered")
        return (greeting, step)
    }
}
