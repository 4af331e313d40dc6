import Settings
import Text
import Time

/// One attempt to obtain a certificate.
///
/// Each step leaves files from which the next attempt, perhaps of another process, can go on:
///
/// 1. the account's key, then its registration
/// 2. the certificate's key, then the order that will name it
/// 3. the chain, then the record that both count
struct Issuance: Sendable {
    let settings: ACMESettings
    /// The folder of all certificates.
    let root: String
    let transport: any ACMETransport
    let responder: any ChallengeResponder
    let clock: ACMEClock
    let schedule: RenewalSchedule
    var polls = PollSchedule()

    /// - Parameter managed: gets the certificate, and whatever an attempt that fails has come to.
    func obtain(_ managed: inout ManagedRecord) async throws(ACMEError) {
        try PrivateFiles.makeFolder(root)
        try managed.folder.make()
        let account = try await account()
        var run = OrderRun(
            account: account,
            wanted: managed.wanted,
            responder: responder,
            clock: clock
        )
        run.polls = polls
        let (order, key) = try await order(&managed, run)
        let pem = try await run.complete(order, key: key)
        try use(pem, key, &managed)
    }

    private func account() async throws(ACMEError) -> ACMEAccount {
        let files = AccountFiles(of: settings.directory, in: root)
        let key = try files.key()
        let connection = ACMEConnection(
            settings.directory,
            key: key,
            transport: transport,
            clock: clock
        )
        return try await files.account(AccountTerms(settings), with: connection, key)
    }

    /// The order of an earlier attempt, or a new one.
    private func order(_ managed: inout ManagedRecord, _ run: OrderRun)
        async throws(ACMEError) -> (WebURL, CertificateKey)
    {
        var pending = managed.record.pendingOrder(settings) ?? managed.record.begin(settings)
        let key = try key(of: pending, managed)
        if let url = pending.order.flatMap({ WebURL($0) }), try await run.canContinue(url) {
            return (url, key)
        }
        let url = try await start(run)
        pending.order = url.text
        managed.record.pending = pending
        try managed.folder.save(managed.record)
        return (url, key)
    }

    /// Without an account, the next attempt registers one again.
    private func start(_ run: OrderRun) async throws(ACMEError) -> WebURL {
        do throws(ACMEError) {
            return try await run.start()
        } catch {
            if case .refused(let problem, _) = error, problem.type == "accountDoesNotExist" {
                AccountFiles(of: settings.directory, in: root).forgetRegistration()
            }
            throw error
        }
    }

    private func key(of pending: CertificateRecord.Pending, _ managed: ManagedRecord)
        throws(ACMEError) -> CertificateKey
    {
        // `try?`: one that is of no use is made again; nothing is certified for it yet.
        if let key = try? managed.folder.key(pending.generation) { return key }
        let key = try CertificateKey(settings.keyType)
        try managed.folder.write(key, pending.generation)
        return key
    }

    private func use(_ pem: String, _ key: CertificateKey, _ managed: inout ManagedRecord)
        throws(ACMEError)
    {
        guard let pending = managed.record.pending else { throw .invalid("order: none") }
        let chain = try IssuedChain(parsing: pem, for: managed.wanted.names, key)
        try chain.checkLife(at: clock.now())
        try managed.folder.write(chain, pending.generation)
        managed.record.succeed(chain, pending, schedule, random: clock.random())
        try managed.folder.save(managed.record)
        managed.certificate = ObtainedCertificate(managed.wanted.names, chain, key)
        managed.folder.removeAll(except: [pending.generation])
    }
}
