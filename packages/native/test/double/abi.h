/*
 * The binary interface of mqrt.dll on x64, written out with fixed-width types so that one source
 * compiles for Windows and for Linux alike. Names are our own: windows.h may be included beside them.
 */
#ifndef MQRT_DOUBLE_ABI_H
#define MQRT_DOUBLE_ABI_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

typedef uint32_t Hr;      /* HRESULT, compared as the unsigned numbers the documentation prints */
typedef uint16_t Char16;  /* WCHAR */
typedef uint64_t Handle;  /* HANDLE and QUEUEHANDLE are pointer-sized */

typedef struct { uint8_t bytes[16]; } Guid;

typedef struct {
  uint16_t vt;
  uint16_t reserved[3];
  union {
    uint8_t bVal;
    uint16_t uiVal;
    int16_t iVal;
    uint32_t ulVal;
    int32_t lVal;
    uint64_t uhVal;
    Guid *puuid;
    Char16 *pwszVal;
    struct { uint32_t count; void *items; } vector;
  } value;
} Variant;

typedef struct {
  uint32_t count;
  uint32_t *ids;
  Variant *values;
  Hr *status;
} Props;

typedef struct {
  uint64_t internal;
  uint64_t internalHigh;
  uint64_t offset;
  void *event;
} Overlapped;

typedef struct { uint32_t relation; uint32_t id; Variant value; } PropertyRestriction;
typedef struct { uint32_t count; PropertyRestriction *items; } Restriction;
typedef struct { uint32_t count; uint32_t *ids; } ColumnSet;
typedef struct { uint32_t id; uint32_t order; } SortKey;
typedef struct { uint32_t count; SortKey *keys; } SortSet;

_Static_assert(sizeof(void *) == 8, "x64 only");
_Static_assert(sizeof(Variant) == 24 && offsetof(Variant, value) == 8, "PROPVARIANT");
_Static_assert(sizeof(Props) == 32 && offsetof(Props, ids) == 8, "MQMSGPROPS");
_Static_assert(sizeof(Overlapped) == 32 && offsetof(Overlapped, event) == 24, "OVERLAPPED");
_Static_assert(sizeof(PropertyRestriction) == 32 && sizeof(SortKey) == 8, "MQPROPERTYRESTRICTION, MQSORTKEY");

enum {
  Vt_Empty = 0, Vt_Null = 1, Vt_I2 = 2, Vt_I4 = 3, Vt_Bool = 11, Vt_UI1 = 17, Vt_UI2 = 18, Vt_UI4 = 19, Vt_UI8 = 21,
  Vt_LPWSTR = 31, Vt_Blob = 65, Vt_Clsid = 72, Vt_Vector = 0x1000,
  Vt_Bytes = Vt_Vector | Vt_UI1, Vt_Strings = Vt_Vector | Vt_LPWSTR,
  Vt_Variants = Vt_Vector | 12, Vt_Blobs = Vt_Vector | Vt_Blob
};

#define MQ_OK 0u
#define I_PROPERTY 0x400E0001u
#define I_PROPERTY_IGNORED 0x400E0003u
#define I_UNSUPPORTED_PROPERTY 0x400E0004u
#define I_DUPLICATE_PROPERTY 0x400E0005u
#define I_OPERATION_PENDING 0x400E0006u
#define I_FORMATNAME_BUFFER_TOO_SMALL 0x400E0009u
#define I_INTERNAL_USER_CERT_EXIST 0x400E000Au

#define E_MQ 0xC00E0001u
#define E_PROPERTY 0xC00E0002u
#define E_QUEUE_NOT_FOUND 0xC00E0003u
#define E_QUEUE_NOT_ACTIVE 0xC00E0004u
#define E_QUEUE_EXISTS 0xC00E0005u
#define E_INVALID_PARAMETER 0xC00E0006u
#define E_INVALID_HANDLE 0xC00E0007u
#define E_OPERATION_CANCELLED 0xC00E0008u
#define E_SHARING_VIOLATION 0xC00E0009u
#define E_MACHINE_NOT_FOUND 0xC00E000Du
#define E_NO_DS 0xC00E0013u
#define E_ILLEGAL_QUEUE_PATHNAME 0xC00E0014u
#define E_ILLEGAL_PROPERTY_VALUE 0xC00E0018u
#define E_ILLEGAL_PROPERTY_VT 0xC00E0019u
#define E_BUFFER_OVERFLOW 0xC00E001Au
#define E_IO_TIMEOUT 0xC00E001Bu
#define E_ILLEGAL_CURSOR_ACTION 0xC00E001Cu
#define E_MESSAGE_ALREADY_RECEIVED 0xC00E001Du
#define E_ILLEGAL_FORMATNAME 0xC00E001Eu
#define E_FORMATNAME_BUFFER_TOO_SMALL 0xC00E001Fu
#define E_UNSUPPORTED_FORMATNAME_OPERATION 0xC00E0020u
#define E_ILLEGAL_SECURITY_DESCRIPTOR 0xC00E0021u
#define E_SENDERID_BUFFER_TOO_SMALL 0xC00E0022u
#define E_SECURITY_DESCRIPTOR_TOO_SMALL 0xC00E0023u
#define E_ACCESS_DENIED 0xC00E0025u
#define E_INSUFFICIENT_RESOURCES 0xC00E0027u
#define E_SENDER_CERT_BUFFER_TOO_SMALL 0xC00E002Bu
#define E_INVALID_CERTIFICATE 0xC00E002Cu
#define E_BAD_SECURITY_CONTEXT 0xC00E0035u
#define E_ILLEGAL_MQCOLUMNS 0xC00E0038u
#define E_ILLEGAL_PROPID 0xC00E0039u
#define E_ILLEGAL_RELATION 0xC00E003Au
#define E_ILLEGAL_PROPERTY_SIZE 0xC00E003Bu
#define E_ILLEGAL_RESTRICTION_PROPID 0xC00E003Cu
#define E_ILLEGAL_MQQUEUEPROPS 0xC00E003Du
#define E_PROPERTY_NOTALLOWED 0xC00E003Eu
#define E_INSUFFICIENT_PROPERTIES 0xC00E003Fu
#define E_ILLEGAL_MQQMPROPS 0xC00E0041u
#define E_UNSUPPORTED_ACCESS_MODE 0xC00E0045u
#define E_RESULT_BUFFER_TOO_SMALL 0xC00E0046u
#define E_TRANSACTION_USAGE 0xC00E0050u
#define E_TRANSACTION_SEQUENCE 0xC00E0051u
#define E_MISSING_CONNECTOR_TYPE 0xC00E0055u
#define E_QUEUE_DELETED 0xC00E005Au
#define E_ILLEGAL_CONTEXT 0xC00E005Bu
#define E_ILLEGAL_SORT_PROPID 0xC00E005Cu
#define E_LABEL_TOO_LONG 0xC00E005Du
#define E_LABEL_BUFFER_TOO_SMALL 0xC00E005Eu
#define E_SYMM_KEY_BUFFER_TOO_SMALL 0xC00E0061u
#define E_SIGNATURE_BUFFER_TOO_SMALL 0xC00E0062u
#define E_PROV_NAME_BUFFER_TOO_SMALL 0xC00E0063u
#define E_REMOTE_MACHINE_NOT_AVAILABLE 0xC00E0069u
#define E_UNSUPPORTED_OPERATION 0xC00E006Au
#define E_Q_DNS_PROPERTY_NOT_SUPPORTED 0xC00E006Eu
#define E_ILLEGAL_MQPRIVATEPROPS 0xC00E007Bu
#define E_PROPERTIES_CONFLICT 0xC00E0087u
#define E_MESSAGE_NOT_FOUND 0xC00E0088u
#define E_MULTI_SORT_KEYS 0xC00E008Du
#define E_Q_ADS_PROPERTY_NOT_SUPPORTED 0xC00E0091u
#define E_TOO_MANY_PROPERTIES 0xC00E009Au
#define E_MESSAGE_LOCKED_UNDER_TRANSACTION 0xC00E009Cu
#define NT_INVALID_PARAMETER 0xC000000Du
#define COM_NOINTERFACE 0x80004002u
#define COM_POINTER 0x80004003u
#define XACT_NOTSUPPORTED 0x8004D00Fu

#endif
