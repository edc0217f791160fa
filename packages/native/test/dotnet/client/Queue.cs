using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;

/// <summary>What a receive does, and how a queue is opened.</summary>
static class Constants
{
    public const uint Receive = 0, PeekCurrent = 0x80000000, PeekNext = 0x80000001;
    public const uint ToReceive = 1, ToSend = 2, ToPeek = 0x20;
    public const uint Infinite = 0xFFFFFFFF;
    public static readonly IntPtr SingleMessage = (IntPtr)3;
}

/// <summary>Queues by their names.</summary>
static class Queues
{
    static string NameOf(Func<char[], uint> call, Func<uint> length)
    {
        var name = new char[124];
        Mqrt.Check(call(name));
        return new string(name, 0, (int)length() - 1);
    }

    /// <summary>Creates a queue and returns its format name. Values are bytes in the order of the memory.</summary>
    public static string Create(IEnumerable<QueueProperty> properties)
    {
        using (var bag = QueueProperty.ToBag(properties))
        {
            var structure = bag.Build();
            uint length = 124;
            return NameOf(name => Mqrt.MQCreateQueue(IntPtr.Zero, structure, name, ref length), () => length);
        }
    }

    public static string FormatName(string path)
    {
        uint length = 124;
        return NameOf(name => Mqrt.MQPathNameToFormatName(path, name, ref length), () => length);
    }

    /// <summary>Tells whether there is a queue, as System.Messaging does for a private one.</summary>
    public static bool Exists(string path)
    {
        try { FormatName(path); }
        catch (MqrtException error) when (error.Status == 0xC00E0003) { return false; }
        return true;
    }

    public static void Set(string formatName, IEnumerable<QueueProperty> properties)
    {
        using (var bag = QueueProperty.ToBag(properties)) Mqrt.Check(Mqrt.MQSetQueueProperties(formatName, bag.Build()));
    }

    /// <summary>Returns properties of a queue: bytes in the order of the memory.</summary>
    public static IEnumerable<byte[]> Get(string formatName, uint[] ids)
    {
        return Ask(ids, structure => Mqrt.MQGetQueueProperties(formatName, structure));
    }

    /// <summary>Returns properties of a machine; `null`: this one.</summary>
    public static IEnumerable<byte[]> Machine(string machine, uint[] ids)
    {
        return Ask(ids, structure => Mqrt.MQGetMachineProperties(machine, IntPtr.Zero, structure));
    }

    /// <summary>Asks with VT_NULL, so that the function allocates what it returns.</summary>
    static IEnumerable<byte[]> Ask(uint[] ids, Func<IntPtr, uint> call)
    {
        using (var bag = new PropertyBag())
        {
            foreach (var id in ids) bag.Ask(id, VariantType.Null, 0);
            Mqrt.Check(call(bag.Build()));
            return ids.Select((_, index) => Take(bag, index)).ToArray();
        }
    }

    static byte[] Take(PropertyBag bag, int index)
    {
        var value = bag[index];
        var isText = value.Type == VariantType.Text;
        var length = isText ? Marshal.PtrToStringUni(value.Pointer).Length : value.Type == VariantType.Bytes ? (int)value.Count : 0;
        var bytes = bag.Bytes(index, length);
        if (isText || value.Type == VariantType.Guid) Mqrt.MQFreeMemory(value.Pointer);
        if (value.Type == VariantType.Bytes) Mqrt.MQFreeMemory(value.Items);
        return bytes;
    }
}

/// <summary>A property of a queue with its value: bytes in the order of the memory, those of a text without its end.</summary>
struct QueueProperty
{
    public uint Id;
    public ushort Type;
    public byte[] Value;

    public static PropertyBag ToBag(IEnumerable<QueueProperty> properties)
    {
        var bag = new PropertyBag();
        foreach (var property in properties) bag.Set(property.Id, property.Type, property.Value);
        return bag;
    }
}

/// <summary>A queue that is open.</summary>
sealed class Queue : IDisposable
{
    public readonly IntPtr Handle;

    public Queue(string formatName, uint access, uint share = 0)
    {
        Mqrt.Check(Mqrt.MQOpenQueue(formatName, access, share, out Handle));
    }

    /// <summary>Sends a message and returns its id.</summary>
    public byte[] Send(Message message, IntPtr transaction)
    {
        using (var bag = message.ToSend())
        {
            Mqrt.Check(Mqrt.MQSendMessage(Handle, bag.Build(), transaction));
            return bag.Bytes(Enumerable.Range(0, bag.Count).First(index => bag.Id(index) == 2), 20);
        }
    }

    /// <summary>Calls a receive until its buffers are large enough.</summary>
    static Message Fill(uint action, Func<IntPtr, uint, uint> call)
    {
        using (var buffers = new MessageBuffers())
        {
            for (;;)
            {
                var status = call(buffers.Build(), action);
                if (!Mqrt.IsMemoryError(status))
                {
                    Mqrt.Check(status);
                    return buffers.Read();
                }
                buffers.Grow();
                // The cursor stands on the message already.
                if (action == Constants.PeekNext) action = Constants.PeekCurrent;
            }
        }
    }

    public Message Receive(uint timeout, uint action, IntPtr cursor, IntPtr transaction)
    {
        return Fill(action, (structure, current) =>
            Mqrt.MQReceiveMessage(Handle, timeout, current, structure, IntPtr.Zero, null, cursor, transaction));
    }

    public Message Lookup(ulong lookupId, uint action, IntPtr transaction)
    {
        return Fill(action, (structure, current) =>
            Mqrt.MQReceiveMessageByLookupId(Handle, lookupId, current, structure, IntPtr.Zero, null, transaction));
    }

    public IntPtr CreateCursor()
    {
        IntPtr cursor;
        Mqrt.Check(Mqrt.MQCreateCursor(Handle, out cursor));
        return cursor;
    }

    public void Purge() { Mqrt.Check(Mqrt.MQPurgeQueue(Handle)); }

    public void Dispose() { Mqrt.Check(Mqrt.MQCloseQueue(Handle)); }
}

/// <summary>A receive that has begun and tells its end by a callback or by an event.</summary>
sealed class PendingReceive
{
    const uint StillPending = 0x103;
    const uint Moment = 30000;

    readonly IntPtr queue, cursor, overlapped;
    readonly uint timeout;
    readonly MessageBuffers buffers = new MessageBuffers();
    readonly ManualResetEvent called = new ManualResetEvent(false);
    readonly Mqrt.ReceiveCallback callback;
    readonly IntPtr signal;
    uint action;
    uint status;

    public PendingReceive(IntPtr queue, uint timeout, uint action, IntPtr cursor, bool byCallback)
    {
        this.queue = queue;
        this.timeout = timeout;
        this.action = action;
        this.cursor = cursor;
        // OVERLAPPED: the event is its last field.
        overlapped = Marshal.AllocHGlobal(32);
        if (byCallback) callback = OnEnd;
        else signal = Mqrt.CreateEventW(IntPtr.Zero, 1, 0, null);
        Start();
    }

    void Start()
    {
        for (var at = 0; at < 24; at++) Marshal.WriteByte(overlapped, at, 0);
        Marshal.WriteIntPtr(overlapped, 24, signal);
        called.Reset();
        var result = Mqrt.MQReceiveMessage(queue, timeout, action, buffers.Build(), overlapped, callback, cursor, IntPtr.Zero);
        if (Mqrt.IsMemoryError(result)) Restart();
        else Mqrt.Check(result);
    }

    void Restart()
    {
        buffers.Grow();
        if (action == Constants.PeekNext) action = Constants.PeekCurrent;
        Start();
    }

    void OnEnd(uint result, IntPtr from, uint within, uint what, IntPtr properties, IntPtr told, IntPtr at)
    {
        status = from == queue && within == timeout && what == action && told == overlapped && at == cursor ? result : 0xFFFFFFFF;
        called.Set();
    }

    /// <summary>Tells whether the receive has not ended yet.</summary>
    public bool IsPending
    {
        get { return callback != null ? !called.WaitOne(0) : (uint)Marshal.ReadInt32(overlapped) == StillPending; }
    }

    /// <summary>Waits for the end of the receive and returns the message.</summary>
    public Message End()
    {
        for (;;)
        {
            var hasEnded = callback != null ? called.WaitOne((int)Moment) : Mqrt.WaitForSingleObject(signal, Moment) == 0;
            // Its memory stays: the receive may still end.
            if (!hasEnded) throw new TimeoutException("the receive has not ended");
            var result = callback != null ? status : Mqrt.MQGetOverlappedResult(overlapped);
            if (Mqrt.IsMemoryError(result)) Restart();
            else return Read(result);
        }
    }

    Message Read(uint result)
    {
        try
        {
            Mqrt.Check(result);
            return buffers.Read();
        }
        finally
        {
            buffers.Dispose();
            Marshal.FreeHGlobal(overlapped);
        }
    }
}

/// <summary>A transaction of Message Queuing, called through its table of functions: only Windows has COM.</summary>
sealed class Transaction
{
    delegate uint Simple(IntPtr self);
    delegate uint CommitFunction(IntPtr self, int retaining, uint kind, uint managers);
    delegate uint AbortFunction(IntPtr self, IntPtr reason, int retaining, int isAsynchronous);

    public readonly IntPtr Pointer;

    public Transaction() { Mqrt.Check(Mqrt.MQBeginTransaction(out Pointer)); }

    public Transaction(IntPtr pointer) { Pointer = pointer; }

    F Function<F>(int slot)
    {
        return Marshal.GetDelegateForFunctionPointer<F>(Marshal.ReadIntPtr(Marshal.ReadIntPtr(Pointer), 8 * slot));
    }

    public uint Release() { return Function<Simple>(2)(Pointer); }

    public void Commit() { Mqrt.Check(Function<CommitFunction>(3)(Pointer, 0, 0, 0)); }

    public void Abort() { Mqrt.Check(Function<AbortFunction>(4)(Pointer, IntPtr.Zero, 0, 0)); }
}

/// <summary>Security descriptors of queues.</summary>
static class Security
{
    public static byte[] Get(string formatName, uint parts)
    {
        uint needed;
        var status = Mqrt.MQGetQueueSecurity(formatName, parts, null, 0, out needed);
        if (status != 0xC00E0023) Mqrt.Check(status);
        var descriptor = new byte[needed];
        Mqrt.Check(Mqrt.MQGetQueueSecurity(formatName, parts, descriptor, needed, out needed));
        return descriptor;
    }

    /// <summary>Sets parts from a descriptor with offsets, by way of one with pointers, as System.Messaging passes it.</summary>
    public static void Set(string formatName, uint parts, byte[] descriptor)
    {
        var relative = Marshal.AllocHGlobal(descriptor.Length);
        var absolute = Marshal.AllocHGlobal(40);
        try
        {
            Marshal.Copy(descriptor, 0, relative, descriptor.Length);
            for (var at = 0; at < 40; at++) Marshal.WriteByte(absolute, at, 0);
            Marshal.WriteInt32(absolute, Marshal.ReadInt32(relative) & 0x7FFFFFFF);
            for (var part = 0; part < 4; part++)
            {
                var offset = Marshal.ReadInt32(relative, 4 + 4 * part);
                if (offset != 0) Marshal.WriteIntPtr(absolute, 8 + 8 * part, relative + offset);
            }
            Mqrt.Check(Mqrt.MQSetQueueSecurity(formatName, parts, absolute));
        }
        finally
        {
            Marshal.FreeHGlobal(relative);
            Marshal.FreeHGlobal(absolute);
        }
    }

    /// <summary>Gets a security context; an empty certificate means the internal one.</summary>
    public static IntPtr GetContext(byte[] certificate)
    {
        IntPtr context;
        var isInternal = certificate.Length == 0;
        Mqrt.Check(Mqrt.MQGetSecurityContextEx(isInternal ? null : certificate, (uint)certificate.Length, out context));
        return context;
    }
}
