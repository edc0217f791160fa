using System;
using System.Runtime.InteropServices;

/// <summary>Functions of mqrt.dll, and those of kernel32.dll that a program uses beside them.</summary>
static class Mqrt
{
    public delegate void ReceiveCallback(
        uint status, IntPtr queue, uint timeout, uint action, IntPtr properties, IntPtr overlapped, IntPtr cursor);

    const string Library = "mqrt.dll";

    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern uint MQCreateQueue(IntPtr security, IntPtr properties, [Out] char[] formatName, ref uint length);

    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern uint MQDeleteQueue(string formatName);

    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern uint MQPathNameToFormatName(string path, [Out] char[] formatName, ref uint length);

    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern uint MQGetQueueProperties(string formatName, IntPtr properties);

    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern uint MQSetQueueProperties(string formatName, IntPtr properties);

    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern uint MQOpenQueue(string formatName, uint access, uint share, out IntPtr queue);

    [DllImport(Library, ExactSpelling = true)]
    public static extern uint MQCloseQueue(IntPtr queue);

    [DllImport(Library, ExactSpelling = true)]
    public static extern uint MQPurgeQueue(IntPtr queue);

    [DllImport(Library, ExactSpelling = true)]
    public static extern uint MQCreateCursor(IntPtr queue, out IntPtr cursor);

    [DllImport(Library, ExactSpelling = true)]
    public static extern uint MQCloseCursor(IntPtr cursor);

    [DllImport(Library, ExactSpelling = true)]
    public static extern uint MQSendMessage(IntPtr queue, IntPtr properties, IntPtr transaction);

    [DllImport(Library, ExactSpelling = true)]
    public static extern uint MQReceiveMessage(
        IntPtr queue, uint timeout, uint action, IntPtr properties, IntPtr overlapped, ReceiveCallback callback,
        IntPtr cursor, IntPtr transaction);

    [DllImport(Library, ExactSpelling = true)]
    public static extern uint MQReceiveMessageByLookupId(
        IntPtr queue, ulong lookupId, uint action, IntPtr properties, IntPtr overlapped, ReceiveCallback callback,
        IntPtr transaction);

    [DllImport(Library, ExactSpelling = true)]
    public static extern uint MQGetOverlappedResult(IntPtr overlapped);

    [DllImport(Library, ExactSpelling = true)]
    public static extern uint MQBeginTransaction(out IntPtr transaction);

    /// <summary>The same function, as System.Messaging declares it. Only Windows has COM.</summary>
    [DllImport(Library, EntryPoint = "MQBeginTransaction", ExactSpelling = true)]
    public static extern uint MQBeginComTransaction(out ITransaction transaction);

    [DllImport(Library, EntryPoint = "MQSendMessage", ExactSpelling = true)]
    public static extern uint MQSendInComTransaction(IntPtr queue, IntPtr properties, ITransaction transaction);

    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern uint MQGetQueueSecurity(
        string formatName, uint parts, byte[] descriptor, uint length, out uint needed);

    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern uint MQSetQueueSecurity(string formatName, uint parts, IntPtr descriptor);

    [DllImport(Library, ExactSpelling = true)]
    public static extern uint MQGetSecurityContextEx(byte[] certificate, uint length, out IntPtr context);

    [DllImport(Library, ExactSpelling = true)]
    public static extern void MQFreeSecurityContext(IntPtr context);

    [DllImport(Library, CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern uint MQGetMachineProperties(string machine, IntPtr id, IntPtr properties);

    [DllImport(Library, ExactSpelling = true)]
    public static extern void MQFreeMemory(IntPtr memory);

    [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)]
    public static extern IntPtr CreateEventW(IntPtr attributes, int isManual, int isSet, string name);

    [DllImport("kernel32.dll", ExactSpelling = true)]
    public static extern uint WaitForSingleObject(IntPtr handle, uint milliseconds);

    const uint Error = 0x80000000;

    /// <summary>Throws where a function returned an error.</summary>
    public static void Check(uint status)
    {
        if ((status & Error) != 0) throw new MqrtException(status);
    }

    /// <summary>Tells whether an error says that a buffer was too small, as System.Messaging does.</summary>
    public static bool IsMemoryError(uint status)
    {
        return status == 0xC00E001A || status == 0xC00E0022 || status == 0xC00E002B || status == 0xC00E001F
            || status == 0xC00E005E || status == 0xC00E0061 || status == 0xC00E0062 || status == 0xC00E0063;
    }
}

/// <summary>A function of mqrt.dll that failed.</summary>
sealed class MqrtException : Exception
{
    public readonly uint Status;

    public MqrtException(uint status) : base("0x" + status.ToString("X8"))
    {
        Status = status;
    }
}

/// <summary>The transaction of Message Queuing as a COM interface.</summary>
[ComImport, Guid("0fb15084-af41-11ce-bd2b-204c4f4f5020"), InterfaceType(ComInterfaceType.InterfaceIsIUnknown)]
interface ITransaction
{
    [PreserveSig]
    uint Commit(int retaining, uint kind, uint managers);

    [PreserveSig]
    uint Abort(IntPtr reason, int retaining, int isAsynchronous);

    [PreserveSig]
    uint GetTransactionInfo(IntPtr info);
}
