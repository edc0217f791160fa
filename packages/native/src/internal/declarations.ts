/**
 * Functions that the SDK may call, as `mq.h`, `winbase.h`, `wincrypt.h` and others declare them. One line is one function: from
 * it koffi knows how to call the function, and TypeScript its arguments.
 */

/** Library that a function is in. */
export type Library = "mqrt" | "advapi32" | "crypt32" | "kernel32"

/** Functions, by library. The name of a type that is not among {@link koffiTypes} is that of a pointer. */
export const prototypes = {
  mqrt: [
    // Security contexts and certificates
    "HRESULT MQGetSecurityContext(PVOID lpCertBuffer, DWORD dwCertBufferLength, HANDLE* phSecurityContext)",
    "HRESULT MQGetSecurityContextEx(PVOID lpCertBuffer, DWORD dwCertBufferLength, HANDLE* phSecurityContext)",
    "VOID MQFreeSecurityContext(HANDLE hSecurityContext)",
    "HRESULT MQRegisterCertificate(DWORD dwFlags, PVOID lpCertBuffer, DWORD dwCertBufferLength)",
    // Queues
    "HRESULT MQCreateQueue(PSECURITY_DESCRIPTOR pSecurityDescriptor, MQQUEUEPROPS* pQueueProps, LPWSTR lpwcsFormatName, LPDWORD lpdwFormatNameLength)",
    "HRESULT MQDeleteQueue(LPCWSTR lpwcsFormatName)",
    "HRESULT MQGetQueueProperties(LPCWSTR lpwcsFormatName, MQQUEUEPROPS* pQueueProps)",
    "HRESULT MQSetQueueProperties(LPCWSTR lpwcsFormatName, MQQUEUEPROPS* pQueueProps)",
    "HRESULT MQGetQueueSecurity(LPCWSTR lpwcsFormatName, SECURITY_INFORMATION RequestedInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor, DWORD nLength, LPDWORD lpnLengthNeeded)",
    "HRESULT MQSetQueueSecurity(LPCWSTR lpwcsFormatName, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR pSecurityDescriptor)",
    "HRESULT MQOpenQueue(LPCWSTR lpwcsFormatName, DWORD dwAccess, DWORD dwShareMode, QUEUEHANDLE* phQueue)",
    "HRESULT MQCloseQueue(QUEUEHANDLE hQueue)",
    "HRESULT MQPurgeQueue(QUEUEHANDLE hQueue)",
    "HRESULT MQCreateCursor(QUEUEHANDLE hQueue, HANDLE* phCursor)",
    "HRESULT MQCloseCursor(HANDLE hCursor)",
    // The search for public queues
    "HRESULT MQLocateBegin(LPCWSTR lpwcsContext, MQRESTRICTION* pRestriction, MQCOLUMNSET* pColumns, MQSORTSET* pSort, HANDLE* phEnum)",
    "HRESULT MQLocateNext(HANDLE hEnum, LPDWORD pcProps, MQPROPVARIANT* aPropVar)",
    "HRESULT MQLocateEnd(HANDLE hEnum)",
    // Names
    "HRESULT MQPathNameToFormatName(LPCWSTR lpwcsPathName, LPWSTR lpwcsFormatName, LPDWORD lpdwFormatNameLength)",
    "HRESULT MQADsPathToFormatName(LPCWSTR lpwcsADsPath, LPWSTR lpwcsFormatName, LPDWORD lpdwFormatNameLength)",
    // Messages
    "HRESULT MQSendMessage(QUEUEHANDLE hDestinationQueue, MQMSGPROPS* pMessageProps, ITransaction* pTransaction)",
    "HRESULT MQReceiveMessage(QUEUEHANDLE hSource, DWORD dwTimeout, DWORD dwAction, MQMSGPROPS* pMessageProps, LPOVERLAPPED lpOverlapped, PMQRECEIVECALLBACK fnReceiveCallback, HANDLE hCursor, ITransaction* pTransaction)",
    "HRESULT MQReceiveMessageByLookupId(QUEUEHANDLE hSource, ULONGLONG ullLookupId, DWORD dwLookupAction, MQMSGPROPS* pMessageProps, LPOVERLAPPED lpOverlapped, PMQRECEIVECALLBACK fnReceiveCallback, ITransaction* pTransaction)",
    "HRESULT MQMoveMessage(QUEUEHANDLE hSourceQueue, QUEUEHANDLE hDestinationQueue, ULONGLONG ullLookupId, ITransaction* pTransaction)",
    "HRESULT MQMarkMessageRejected(HANDLE hQueue, ULONGLONG ullLookupId)",
    "HRESULT MQBeginTransaction(ITransaction** ppTransaction)",
    // Management
    "HRESULT MQGetMachineProperties(LPCWSTR lpwcsMachineName, GUID* pguidMachineId, MQQMPROPS* pQMProps)",
    "HRESULT MQGetPrivateComputerInformation(LPCWSTR lpwcsComputerName, MQPRIVATEPROPS* pPrivateProps)",
    "HRESULT MQMgmtGetInfo(LPCWSTR pComputerName, LPCWSTR pObjectName, MQMGMTPROPS* pMgmtProps)",
    "HRESULT MQMgmtAction(LPCWSTR pComputerName, LPCWSTR pObjectName, LPCWSTR pAction)",
    "VOID MQFreeMemory(PVOID pvMemory)"
  ],
  advapi32: [
    // The password is passed by its address, so that its bytes can be wiped afterwards.
    "BOOL LogonUserW(LPCWSTR lpszUsername, LPCWSTR lpszDomain, PVOID lpszPassword, DWORD dwLogonType, DWORD dwLogonProvider, HANDLE* phToken)",
    "BOOL ImpersonateLoggedOnUser(HANDLE hToken)",
    "BOOL RevertToSelf()",
    "BOOL LookupAccountNameW(LPCWSTR lpSystemName, LPCWSTR lpAccountName, PSID Sid, LPDWORD cbSid, LPWSTR ReferencedDomainName, LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse)",
    "BOOL LookupAccountSidW(LPCWSTR lpSystemName, PSID Sid, LPWSTR Name, LPDWORD cchName, LPWSTR ReferencedDomainName, LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse)",
    "BOOL OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle)",
    "BOOL GetTokenInformation(HANDLE TokenHandle, DWORD TokenInformationClass, PVOID TokenInformation, DWORD TokenInformationLength, PDWORD ReturnLength)"
  ],
  crypt32: [
    // The provider is a number in the place of a pointer.
    "HCERTSTORE CertOpenStore(PVOID lpszStoreProvider, DWORD dwEncodingType, PVOID hCryptProv, DWORD dwFlags, LPCWSTR pvPara)",
    "PCCERT_CONTEXT CertFindCertificateInStore(HCERTSTORE hCertStore, DWORD dwCertEncodingType, DWORD dwFindFlags, DWORD dwFindType, PVOID pvFindPara, PCCERT_CONTEXT pPrevCertContext)",
    "PCCERT_CONTEXT CertEnumCertificatesInStore(HCERTSTORE hCertStore, PCCERT_CONTEXT pPrevCertContext)",
    "BOOL CertGetCertificateContextProperty(PCCERT_CONTEXT pCertContext, DWORD dwPropId, PVOID pvData, LPDWORD pcbData)",
    "BOOL CertFreeCertificateContext(PCCERT_CONTEXT pCertContext)",
    "BOOL CertCloseStore(HCERTSTORE hCertStore, DWORD dwFlags)"
  ],
  kernel32: [
    "DWORD GetLastError()",
    "HANDLE GetCurrentProcess()",
    "BOOL GetComputerNameW(LPWSTR lpBuffer, LPDWORD nSize)",
    "BOOL CloseHandle(HANDLE hObject)",
    "HANDLE CreateEventW(PVOID lpEventAttributes, BOOL bManualReset, BOOL bInitialState, PVOID lpName)",
    "BOOL SetEvent(HANDLE hEvent)",
    "BOOL ResetEvent(HANDLE hEvent)",
    "DWORD WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)",
    "HANDLE CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort, PVOID CompletionKey, DWORD NumberOfConcurrentThreads)",
    "BOOL GetQueuedCompletionStatusEx(HANDLE CompletionPort, LPOVERLAPPED_ENTRY lpCompletionPortEntries, ULONG ulCount, PULONG ulNumEntriesRemoved, DWORD dwMilliseconds, BOOL fAlertable)",
    "BOOL PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred, PVOID dwCompletionKey, LPOVERLAPPED lpOverlapped)"
  ]
} as const satisfies Record<Library, ReadonlyArray<string>>

/** Methods of `ITransaction`, by the slot of its table of functions. The first argument is the object itself. */
export const transactionMethods = {
  Release: { slot: 2, prototype: "ULONG Release(ITransaction* This)" },
  Commit: { slot: 3, prototype: "HRESULT Commit(ITransaction* This, BOOL fRetaining, DWORD grfTC, DWORD grfRM)" },
  Abort: { slot: 4, prototype: "HRESULT Abort(ITransaction* This, BOID* pboidReason, BOOL fRetaining, BOOL fAsync)" }
} as const

/**
 * Types of koffi by types of the declarations. Every other type is a pointer, `void *`. A `LONG` of Windows always has 4
 * bytes. No argument of `MQSendMessage` and `MQReceiveMessage` is memory of JavaScript: as `uintptr_t` they are numbers, which
 * koffi takes in half the time of BigInts.
 */
export const koffiTypes = {
  HRESULT: "uint32_t",
  BOOL: "int32_t",
  BOOLEAN: "uint8_t",
  DWORD: "uint32_t",
  ULONG: "uint32_t",
  SECURITY_INFORMATION: "uint32_t",
  ULONGLONG: "uint64_t",
  LPCWSTR: "str16",
  QUEUEHANDLE: "uintptr_t",
  "MQMSGPROPS*": "uintptr_t",
  "ITransaction*": "uintptr_t",
  LPOVERLAPPED: "uintptr_t",
  PMQRECEIVECALLBACK: "uintptr_t",
  VOID: "void"
} as const

/** Returns the name of koffi's type for the type of a result. */
export const resultType = (type: string): string =>
  Object.hasOwn(koffiTypes, type) ? koffiTypes[type as keyof typeof koffiTypes] : "void *"

/** Returns the name of koffi's type for the type of an argument. A handle is a number, but as a result it may be none. */
export const argumentType = (type: string): string => (type === "HANDLE" ? "uintptr_t" : resultType(type))

/** Address, or memory that koffi takes the address of. A handle is an address too. */
type Pointer = bigint | ArrayBuffer | Uint8Array | null

/** Address or handle; 0 is none. */
export type Address = number | bigint

/** Returns an address or a handle as a number, or as the BigInt that it is where no number is exactly that. */
export const addressOf = (pointer: bigint): Address => (pointer <= Number.MAX_SAFE_INTEGER ? Number(pointer) : pointer)

interface Scalars {
  readonly HRESULT: number
  readonly BOOL: number
  readonly BOOLEAN: number
  readonly DWORD: number
  readonly ULONG: number
  readonly SECURITY_INFORMATION: number
  readonly ULONGLONG: bigint
  readonly LPCWSTR: string | null
  readonly QUEUEHANDLE: Address
  readonly "MQMSGPROPS*": Address
  readonly "ITransaction*": Address
  readonly LPOVERLAPPED: Address
  readonly PMQRECEIVECALLBACK: Address
  readonly VOID: void
}

type Given<Type extends string> = Type extends "HANDLE" ? Address : Type extends keyof Scalars ? Scalars[Type] : Pointer
type Returned<Type extends string> = Type extends keyof Scalars ? Scalars[Type] : bigint | null

type ParametersOf<List extends string> = List extends `${infer Type} ${string}, ${infer Rest}`
  ? [Given<Type>, ...ParametersOf<Rest>]
  : List extends `${infer Type} ${string}`
    ? [Given<Type>]
    : []

/** Arguments that a prototype takes. */
export type ArgumentsOf<Prototype extends string> = Prototype extends `${string}(${infer List})`
  ? ParametersOf<List>
  : never

/** Result that a prototype returns. */
export type ResultOf<Prototype extends string> = Prototype extends `${infer Type} ${string}(${string}`
  ? Returned<Type>
  : never

type NameOf<Prototype extends string> = Prototype extends `${string} ${infer Name}(${string}` ? Name : never
type Prototypes = (typeof prototypes)[Library][number]

/** Function that can be called on this thread or, by `async`, on another one. */
export interface Bound<Arguments extends ReadonlyArray<unknown>, Result> {
  (...args: Arguments): Result
  readonly async: (...args: [...Arguments, (error: unknown, result: Result) => void]) => void
}

type AllArguments = { readonly [P in Prototypes as NameOf<P>]: ArgumentsOf<P> }
type AllResults = { readonly [P in Prototypes as NameOf<P>]: ResultOf<P> }

/** Functions by name. */
export type Functions = { readonly [Name in keyof AllArguments]: Bound<AllArguments[Name], AllResults[Name]> }

type HresultPrototypes = Extract<Prototypes, `HRESULT ${string}`>

/** Arguments of each function that returns an `HRESULT`. */
export type HresultArguments = { readonly [P in HresultPrototypes as NameOf<P>]: ArgumentsOf<P> }
