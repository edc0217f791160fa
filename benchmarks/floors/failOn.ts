/** Throws where a function of mqrt.dll returned a failure. */
export const failOn = (name: string, hresult: number): void => {
  if (hresult >= 0x80000000) throw new Error(`${name} returned 0x${hresult.toString(16)}`)
}
