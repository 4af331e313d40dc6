import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import Settings
import Sockets

extension ManagementClient {
    /// The error for people.
    func failure(_ error: any Error, at address: String) -> ManagementClientError {
        switch error {
        case HTTPParserError.invalidEOFState:
            .unreachable(
                address: address,
                reason: "connection closed in the middle of the response"
            )
        case let error as ManagementClientError: error
        case let error as CertificateMismatch:
            .otherCertificate(
                address: address,
                expected: error.expected.description,
                found: error.found.description
            )
        case _ where error.isUntrustedCertificate:
            .untrustedCertificate(
                address: address,
                error.certificateProblem(host: target.address?.host ?? address),
                authorities: target.trust.file
            )
        case _ where error.isPlainPeer: .hasNoTLS(address: address)
        case is HTTPParserError: .unexpectedAnswer(address: address)
        case let error as SystemError: .cannotWrite(reason: error.description)
        default: .unreachable(address: address, reason: reason(for: error))
        }
    }

    private func reason(for error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.last.map { reason(for: $0.error) }
                ?? "the name \(error.host) has no address"
        case let error as IOError:
            SystemError(code: error.errnoCode).description
        case is NIOTooManyBytesError:
            "response larger than \(limits.byteCount >> 20) MiB"
        case let error as HTTPClientError: reason(for: error)
        case ChannelError.connectTimeout: reason(for: HTTPClientError.connectTimeout)
        default: "connection lost (\(error))"
        }
    }

    private func reason(for error: HTTPClientError) -> String {
        switch error {
        case .deadlineExceeded, .readTimeout:
            "no response within \(limits.answer.configurationText)"
        case .connectTimeout: "connect timed out after \(limits.connect.configurationText)"
        case .remoteConnectionClosed: "connection closed without a response"
        default: "connection lost (\(error.shortDescription))"
        }
    }
}

extension Error {
    /// Whether there is no server at a local socket that may be used, so that nothing was sent.
    var isNobodyListening: Bool {
        guard let code = (self as? IOError)?.errnoCode else { return false }
        return SystemError(code: code).isNobodyListening
    }

    /// Whether the connection was lost after it was established: another one may last.
    var isLostConnection: Bool {
        switch self as any Error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case let error as IOError: SystemError(code: error.errnoCode).isConnectionReset
        case HTTPParserError.invalidEOFState: true
        default: false
        }
    }
}
