import Addresses
import Testing
import Traffic

@Suite("A backend's address in a Host field")
struct BackendAddressTests {
    @Test("The dot that makes a name absolute is for the resolver, not for the server")
    func names() {
        for name in ["db.internal", "db.internal."] {
            let address = BackendAddress(host: .name(name), port: 8030)
            #expect(address.authority() == "db.internal:8030")
            #expect(address.authority(hasPort: false) == "db.internal")
            #expect(address.description == "\(name):8030", "as it is configured")
        }
    }

    @Test("An IPv6 address is in brackets")
    func addresses() throws {
        let v6 = BackendAddress(host: .ip(try IPAddress(parsing: "2001:db8::1")), port: 80)
        #expect(v6.authority() == "[2001:db8::1]:80")
        #expect(v6.authority(hasPort: false) == "[2001:db8::1]")
        let v4 = BackendAddress(host: .ip(try IPAddress(parsing: "10.0.0.5")), port: 80)
        #expect(v4.authority() == "10.0.0.5:80")
        #expect(v4.authority(hasPort: false) == "10.0.0.5")
    }
}
