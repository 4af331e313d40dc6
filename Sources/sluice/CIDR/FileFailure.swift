import Foundation

/// Why a file could not be read or written, in the system's own words, which are the clearest.
struct FileFailure: CustomStringConvertible {
    let description: String

    init(_ error: any Error) {
        let outer = error as NSError
        let system = outer.userInfo[NSUnderlyingErrorKey]
        if let number = (system as? POSIXError)?.code.rawValue ?? Self.number(of: outer) {
            description = unsafe String(cString: strerror(number))
        } else {
            description = (system as? NSError)?.localizedFailureReason ?? outer.localizedDescription
        }
    }

    /// The errors of a path that Foundation reports without the system's own.
    private static func number(of error: NSError) -> Int32? {
        guard error.domain == NSCocoaErrorDomain else { return nil }
        return switch CocoaError.Code(rawValue: error.code) {
        case .fileNoSuchFile, .fileReadNoSuchFile: ENOENT
        case .fileReadNoPermission, .fileWriteNoPermission: EACCES
        case .fileWriteOutOfSpace: ENOSPC
        case .fileWriteVolumeReadOnly: EROFS
        default: nil
        }
    }
}
