import Testing

/// The real `sluice` binary against real clients and servers, seen from outside.
///
/// The tests of all files are nested in this suite, so that they run one after the other: they
/// share one MariaDB and two processors, and some of them measure descriptors or processor time.
/// `SLUICE_BINARY` names the binary; without it the build folder's own is taken.
@Suite(.serialized, .ownThreads, .timeLimit(.minutes(2)))
enum IntegrationTests {}
