/** The numbers of the `VARTYPE`s that Message Queuing uses. */
export const VT_NULL = 1
export const VT_I2 = 2
export const VT_I4 = 3
export const VT_BOOL = 11
export const VT_UI1 = 17
export const VT_UI2 = 18
export const VT_UI4 = 19
export const VT_I8 = 20
export const VT_UI8 = 21
export const VT_LPWSTR = 31
export const VT_BLOB = 65
export const VT_CLSID = 72
export const VT_VECTOR_UI1 = 0x1011
export const VT_VECTOR_LPWSTR = 0x101f
