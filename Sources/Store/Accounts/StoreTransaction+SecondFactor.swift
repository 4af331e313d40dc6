package import Credentials
import Text

/// The second factor of an account: one-time codes, and recovery codes in their place.
extension StoreTransaction {
    /// Offers a new secret to an authenticator app. It counts once a code of it was seen.
    package mutating func offerSecondFactor(to id: String) throws -> TimeBasedCode {
        var account = try account(id)
        guard account.isLocal else { throw StoreRefusal.notLocal(account.name) }
        guard account.secondFactor == nil else {
            throw StoreRefusal.conflict(
                "a second factor is set up already (remove it first, to set up another one)"
            )
        }
        let code = TimeBasedCode()
        account.offeredCode = code
        try store(account)
        try record(AuditedAct("account.secondFactor.offer", target: id, after: account.auditName))
        return code
    }

    /// Sets the second factor up, and ends all sessions but one: they were opened without it.
    ///
    /// - Parameter kept: the session that asks for it.
    /// - Returns: the recovery codes, which are shown once.
    package mutating func confirmSecondFactor(
        of id: String,
        by text: String,
        keeping kept: String? = nil
    ) throws -> [String] {
        var account = try account(id)
        guard let code = account.offeredCode else {
            throw StoreRefusal.conflict("no second factor is being set up (begin again)")
        }
        guard let period = code.period(of: text, at: now, after: nil) else {
            throw StoreRefusal.invalid(
                field: "code",
                reason: "is wrong (is the clock of the device right?)"
            )
        }
        let (codes, texts) = RecoveryCodes.make()
        account.secondFactor = Account.SecondFactor(
            code: code,
            since: now,
            lastPeriod: period,
            recoveryCodes: codes
        )
        account.offeredCode = nil
        try store(account)
        try record(AuditedAct("account.secondFactor.set", target: id, after: account.auditName))
        try closeSessions(of: id, keeping: kept)
        return texts
    }

    package mutating func replaceRecoveryCodes(of id: String) throws -> [String] {
        var account = try account(id)
        guard account.secondFactor != nil else {
            throw StoreRefusal.conflict("no second factor is set up")
        }
        let (codes, texts) = RecoveryCodes.make()
        account.secondFactor?.recoveryCodes = codes
        try store(account)
        try record(
            AuditedAct("account.recoveryCodes.replace", target: id, after: account.auditName)
        )
        return texts
    }

    /// - Parameter kept: the session that asks for it.
    package mutating func removeSecondFactor(of id: String, keeping kept: String? = nil) throws
        -> Account
    {
        var account = try account(id)
        guard account.secondFactor != nil || account.offeredCode != nil else { return account }
        account.secondFactor = nil
        account.offeredCode = nil
        try store(account)
        try record(AuditedAct("account.secondFactor.remove", target: id, after: account.auditName))
        try closeSessions(of: id, keeping: kept)
        return account
    }

    /// Accepts a one-time code or a recovery code, which then counts no more.
    ///
    /// - Returns: whether it is right.
    package mutating func acceptCode(_ text: String, of id: String) throws -> Bool {
        var account = try account(id)
        guard let factor = account.secondFactor else { return true }
        if let period = factor.code.period(of: text, at: now, after: factor.lastPeriod) {
            account.secondFactor?.lastPeriod = period
        } else if account.secondFactor?.recoveryCodes.use(text) == true {
            let remaining = account.secondFactor?.recoveryCodes.remaining ?? 0
            try record(
                AuditedAct(
                    "account.recoveryCode.use",
                    target: id,
                    after: ["name": .string(account.name), "remaining": .integer(Int64(remaining))]
                )
            )
        } else {
            return false
        }
        try store(account)
        return true
    }
}
