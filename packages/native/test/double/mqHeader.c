/*
 * What mq.h itself says, as JSON: sizes and offsets of its structures and the values of its names. The list of names is
 * generated, so that whatever the tables of the native backend name is asked for: a NUMBER(name) for each that mq.h
 * defines.
 */
#include <windows.h>
#include <ole2.h>
#include <mq.h>
#include <wincrypt.h>

#include <stddef.h>
#include <stdio.h>

static const char *separator = "";

static void number(const char *name, unsigned long long value) {
  printf("%s\n    \"%s\": %llu", separator, name, value);
  separator = ",";
}

#define SIZE(struct_) number(#struct_ ".size", sizeof(struct_))
#define FIELD(struct_, field) number(#struct_ "." #field, offsetof(struct_, field))
/* A field that bears another name in the table. */
#define FIELD_AS(struct_, name, field) number(#struct_ "." name, offsetof(struct_, field))
#define PROPS_AS(struct_)                                                                                              \
  number("MQPROPS.size", sizeof(struct_)), number("MQPROPS.cProp", offsetof(struct_, cProp)),                          \
      number("MQPROPS.aPropID", offsetof(struct_, aPropID)), number("MQPROPS.aPropVar", offsetof(struct_, aPropVar)),  \
      number("MQPROPS.aStatus", offsetof(struct_, aStatus))
#define NUMBER(name) number(#name, (unsigned long)(name))

int main(void) {
  printf("{\n  \"layout\": {");
  PROPS_AS(MQMSGPROPS);
  _Static_assert(sizeof(MQMSGPROPS) == sizeof(MQQUEUEPROPS), "one shape");
  _Static_assert(sizeof(MQMSGPROPS) == sizeof(MQQMPROPS), "one shape");
  _Static_assert(sizeof(MQMSGPROPS) == sizeof(MQPRIVATEPROPS), "one shape");
  _Static_assert(sizeof(MQMSGPROPS) == sizeof(MQMGMTPROPS), "one shape");
  SIZE(MQPROPVARIANT);
  FIELD(MQPROPVARIANT, vt);
  FIELD_AS(MQPROPVARIANT, "value", ulVal);
  FIELD_AS(MQPROPVARIANT, "count", caub.cElems);
  FIELD_AS(MQPROPVARIANT, "elements", caub.pElems);
  SIZE(CAUB);
  FIELD(CAUB, cElems);
  FIELD(CAUB, pElems);
  SIZE(CALPWSTR);
  FIELD(CALPWSTR, cElems);
  FIELD(CALPWSTR, pElems);
  SIZE(CAPROPVARIANT);
  FIELD(CAPROPVARIANT, cElems);
  FIELD(CAPROPVARIANT, pElems);
  SIZE(BLOB);
  FIELD(BLOB, cbSize);
  FIELD(BLOB, pBlobData);
  SIZE(GUID);
  FIELD(GUID, Data1);
  FIELD(GUID, Data2);
  FIELD(GUID, Data3);
  FIELD(GUID, Data4);
  SIZE(TOKEN_USER);
  FIELD_AS(TOKEN_USER, "Sid", User.Sid);
  FIELD_AS(TOKEN_USER, "Attributes", User.Attributes);
  SIZE(CRYPT_HASH_BLOB);
  FIELD(CRYPT_HASH_BLOB, cbData);
  FIELD(CRYPT_HASH_BLOB, pbData);
  SIZE(CERT_CONTEXT);
  FIELD(CERT_CONTEXT, dwCertEncodingType);
  FIELD(CERT_CONTEXT, pbCertEncoded);
  FIELD(CERT_CONTEXT, cbCertEncoded);
  FIELD(CERT_CONTEXT, pCertInfo);
  FIELD(CERT_CONTEXT, hCertStore);
  SIZE(CRYPT_KEY_PROV_INFO);
  FIELD(CRYPT_KEY_PROV_INFO, pwszContainerName);
  FIELD(CRYPT_KEY_PROV_INFO, pwszProvName);
  FIELD(CRYPT_KEY_PROV_INFO, dwProvType);
  FIELD(CRYPT_KEY_PROV_INFO, dwFlags);
  FIELD(CRYPT_KEY_PROV_INFO, cProvParam);
  FIELD(CRYPT_KEY_PROV_INFO, rgProvParam);
  FIELD(CRYPT_KEY_PROV_INFO, dwKeySpec);
  SIZE(OVERLAPPED);
  FIELD(OVERLAPPED, Internal);
  FIELD(OVERLAPPED, InternalHigh);
  FIELD(OVERLAPPED, Offset);
  FIELD(OVERLAPPED, OffsetHigh);
  FIELD(OVERLAPPED, hEvent);
  SIZE(OVERLAPPED_ENTRY);
  FIELD(OVERLAPPED_ENTRY, lpCompletionKey);
  FIELD(OVERLAPPED_ENTRY, lpOverlapped);
  FIELD(OVERLAPPED_ENTRY, Internal);
  FIELD(OVERLAPPED_ENTRY, dwNumberOfBytesTransferred);
  SIZE(SEQUENCE_INFO);
  FIELD(SEQUENCE_INFO, SeqID);
  FIELD(SEQUENCE_INFO, SeqNo);
  FIELD(SEQUENCE_INFO, PrevNo);
  SIZE(MQRESTRICTION);
  FIELD(MQRESTRICTION, cRes);
  FIELD(MQRESTRICTION, paPropRes);
  SIZE(MQPROPERTYRESTRICTION);
  FIELD(MQPROPERTYRESTRICTION, rel);
  FIELD(MQPROPERTYRESTRICTION, prop);
  FIELD(MQPROPERTYRESTRICTION, prval);
  SIZE(MQCOLUMNSET);
  FIELD(MQCOLUMNSET, cCol);
  FIELD(MQCOLUMNSET, aCol);
  number("pointer.size", sizeof(void *));
  printf("\n  },\n  \"numbers\": {");
  separator = "";
  NUMBER(VT_NULL);
  NUMBER(VT_I2);
  NUMBER(VT_I4);
  NUMBER(VT_BOOL);
  NUMBER(VT_UI1);
  NUMBER(VT_UI2);
  NUMBER(VT_UI4);
  NUMBER(VT_I8);
  NUMBER(VT_UI8);
  NUMBER(VT_LPWSTR);
  NUMBER(VT_BLOB);
  NUMBER(VT_CLSID);
  number("VT_VECTOR|VT_UI1", VT_VECTOR | VT_UI1);
  number("VT_VECTOR|VT_LPWSTR", VT_VECTOR | VT_LPWSTR);
#include "mqNames.h"
  printf("\n  }\n}\n");
  return 0;
}
