import Operations
import Testing
import Time

@Suite("The certificates that clients are shown")
struct CertificateListTests {
    private static let now = UnixTime(seconds: 1_800_000_000)

    private static func served(_ listener: String, _ names: [String], isDefault: Bool)
        -> ServedCertificate
    {
        ServedCertificate(
            listener: listener,
            names: names,
            isDefault: isDefault,
            fingerprint: "SHA256:AB",
            subject: "CN=x",
            issuer: "CN=y",
            keyAlgorithm: "EC256",
            notBefore: now,
            expiresAt: UnixTime(seconds: now.seconds + 90 * 86_400 + 1)
        )
    }

    private static var status: TLSStatus {
        var status = TLSStatus()
        status.certificates = [
            served("a:1", ["gw.example", "*.gw.example"], isDefault: true),
            served("a:1", ["exact.gw.example"], isDefault: false),
            served("b:2", ["other.example"], isDefault: true),
        ]
        return status
    }

    @Test("For a name, each listener shows the exact one, else the wildcard, else the default")
    func choices() {
        func choices(_ name: String) -> [String] {
            CertificateList(Self.status, for: name, at: Self.now).certificates.map {
                "\($0.certificate.listener) \($0.choice?.rawValue ?? "-") \($0.certificate.names[0])"
            }
        }
        #expect(
            choices("Exact.GW.example")
                == ["a:1 exact exact.gw.example", "b:2 default other.example"]
        )
        #expect(choices("x.gw.example").first == "a:1 wildcard gw.example")
        #expect(choices("x.y.gw.example").first == "a:1 default gw.example")
        #expect(choices("other.example").last == "b:2 exact other.example")
        let all = CertificateList(Self.status, at: Self.now).certificates
        #expect(all.count == 3 && all.allSatisfy { $0.choice == nil && $0.daysLeft == 90 })
    }

    @Test("Those that are obtained by ACME are listed, for a name only those with it")
    func managed() {
        let certificates = [["a.example", "*.a.example"], ["b.example"]].map {
            ManagedCertificate(names: $0, challenge: "dns-01", state: .pending)
        }
        func names(_ name: String?) -> [String] {
            let list =
                name.map {
                    CertificateList(TLSStatus(), managed: certificates, for: $0, at: Self.now)
                } ?? CertificateList(TLSStatus(), managed: certificates, at: Self.now)
            return list.managed.map(\.name)
        }
        #expect(names(nil) == ["a.example", "b.example"])
        #expect(names("X.a.example") == ["a.example"])
        #expect(names("c.example") == [])
    }

    @Test(
        "Whole days are left; once it has expired, they are negative",
        arguments: [
            (86_400 * 2 + 5, 2), (86_400 - 1, 0), (0, 0), (-1, -1), (-86_400 - 180, -1),
            (-86_400 * 2, -2),
        ] as [(Int64, Int64)]
    )
    func daysLeft(seconds: Int64, days: Int64) {
        let now = UnixTime(seconds: 1_795_428_000)
        var status = TLSStatus()
        status.certificates = [
            ServedCertificate(
                listener: "127.0.0.1:1",
                names: [],
                isDefault: true,
                fingerprint: "",
                subject: "",
                issuer: "",
                keyAlgorithm: "",
                notBefore: now,
                expiresAt: UnixTime(seconds: now.seconds + seconds)
            )
        ]
        #expect(CertificateList(status, at: now).certificates.map(\.daysLeft) == [days])
    }
}
