using System;
using System.Collections.Generic;
using System.Linq;

/// <summary>A property of messages, as mq.h has it.</summary>
sealed class MessageProperty
{
    public readonly string Name;
    public readonly uint Id;
    public readonly ushort Type;

    /// <summary>Number of the property that has the length of this one, or 0.</summary>
    public readonly uint Length;

    /// <summary>Size of bytes that are always as many, or 0.</summary>
    public readonly int Size;

    /// <summary>`true` for what a sender says and no receiver reads.</summary>
    public readonly bool IsWriteOnly;

    MessageProperty(string name, uint id, ushort type, uint length = 0, int size = 0, bool isWriteOnly = false)
    {
        Name = name;
        Id = id;
        Type = type;
        Length = length;
        Size = size;
        IsWriteOnly = isWriteOnly;
    }

    public static readonly MessageProperty[] All =
    {
        new MessageProperty("CLASS", 1, VariantType.UI2),
        new MessageProperty("MSGID", 2, VariantType.Bytes, size: 20),
        new MessageProperty("CORRELATIONID", 3, VariantType.Bytes, size: 20),
        new MessageProperty("PRIORITY", 4, VariantType.UI1),
        new MessageProperty("DELIVERY", 5, VariantType.UI1),
        new MessageProperty("ACKNOWLEDGE", 6, VariantType.UI1),
        new MessageProperty("JOURNAL", 7, VariantType.UI1),
        new MessageProperty("APPSPECIFIC", 8, VariantType.UI4),
        new MessageProperty("BODY", 9, VariantType.Bytes, length: 10),
        new MessageProperty("LABEL", 11, VariantType.Text, length: 12),
        new MessageProperty("TIME_TO_REACH_QUEUE", 13, VariantType.UI4),
        new MessageProperty("TIME_TO_BE_RECEIVED", 14, VariantType.UI4),
        new MessageProperty("RESP_QUEUE", 15, VariantType.Text, length: 16),
        new MessageProperty("ADMIN_QUEUE", 17, VariantType.Text, length: 18),
        new MessageProperty("VERSION", 19, VariantType.UI4),
        new MessageProperty("SENDERID", 20, VariantType.Bytes, length: 21),
        new MessageProperty("SENDERID_TYPE", 22, VariantType.UI4),
        new MessageProperty("PRIV_LEVEL", 23, VariantType.UI4),
        new MessageProperty("AUTH_LEVEL", 24, VariantType.UI4, isWriteOnly: true),
        new MessageProperty("AUTHENTICATED", 25, VariantType.UI1),
        new MessageProperty("HASH_ALG", 26, VariantType.UI4),
        new MessageProperty("ENCRYPTION_ALG", 27, VariantType.UI4),
        new MessageProperty("SENDER_CERT", 28, VariantType.Bytes, length: 29),
        new MessageProperty("SRC_MACHINE_ID", 30, VariantType.Guid),
        new MessageProperty("SENTTIME", 31, VariantType.UI4),
        new MessageProperty("ARRIVEDTIME", 32, VariantType.UI4),
        new MessageProperty("DEST_QUEUE", 33, VariantType.Text, length: 34),
        new MessageProperty("EXTENSION", 35, VariantType.Bytes, length: 36),
        new MessageProperty("SECURITY_CONTEXT", 37, VariantType.UI4, isWriteOnly: true),
        new MessageProperty("CONNECTOR_TYPE", 38, VariantType.Guid),
        new MessageProperty("XACT_STATUS_QUEUE", 39, VariantType.Text, length: 40),
        new MessageProperty("TRACE", 41, VariantType.UI1),
        new MessageProperty("BODY_TYPE", 42, VariantType.UI4),
        new MessageProperty("DEST_SYMM_KEY", 43, VariantType.Bytes, length: 44),
        new MessageProperty("SIGNATURE", 45, VariantType.Bytes, length: 46),
        new MessageProperty("PROV_TYPE", 47, VariantType.UI4),
        new MessageProperty("PROV_NAME", 48, VariantType.Text, length: 49),
        new MessageProperty("FIRST_IN_XACT", 50, VariantType.UI1),
        new MessageProperty("LAST_IN_XACT", 51, VariantType.UI1),
        new MessageProperty("XACTID", 52, VariantType.Bytes, size: 20),
        new MessageProperty("AUTHENTICATED_EX", 53, VariantType.UI1),
        new MessageProperty("RESP_FORMAT_NAME", 54, VariantType.Text, length: 55),
        new MessageProperty("DEST_FORMAT_NAME", 58, VariantType.Text, length: 59),
        new MessageProperty("LOOKUPID", 60, VariantType.UI8),
        new MessageProperty("SOAP_ENVELOPE", 61, VariantType.Text, length: 62),
        new MessageProperty("COMPOUND_MESSAGE", 63, VariantType.Bytes, length: 64),
        new MessageProperty("SOAP_HEADER", 65, VariantType.Text, isWriteOnly: true),
        new MessageProperty("SOAP_BODY", 66, VariantType.Text, isWriteOnly: true),
        new MessageProperty("DEADLETTER_QUEUE", 67, VariantType.Text, length: 68),
        new MessageProperty("ABORT_COUNT", 69, VariantType.UI4),
        new MessageProperty("MOVE_COUNT", 70, VariantType.UI4),
        new MessageProperty("LAST_MOVE_TIME", 75, VariantType.UI4),
    };

    public static readonly Dictionary<string, MessageProperty> ByName = All.ToDictionary(property => property.Name);
}

/// <summary>Properties of a message by their names: bytes in the order of the memory, those of a text without its end.</summary>
sealed class Message : Dictionary<string, byte[]>
{
    public uint Number(string name)
    {
        var whole = new byte[4];
        Array.Copy(this[name], whole, Math.Min(4, this[name].Length));
        return BitConverter.ToUInt32(whole, 0);
    }

    public ulong LookupId { get { return BitConverter.ToUInt64(this["LOOKUPID"], 0); } }

    public string Text(string name) { return System.Text.Encoding.Unicode.GetString(this[name]); }

    /// <summary>Returns the properties as a send takes them; an id is asked for.</summary>
    public PropertyBag ToSend()
    {
        var bag = new PropertyBag();
        foreach (var pair in this) bag.Set(MessageProperty.ByName[pair.Key].Id, MessageProperty.ByName[pair.Key].Type, pair.Value);
        if (!ContainsKey("MSGID")) bag.Ask(2, VariantType.Bytes, 20);
        return bag;
    }
}

/// <summary>Buffers for everything that a message can have, which grow until a message fits.</summary>
sealed class MessageBuffers : IDisposable
{
    static readonly MessageProperty[] asked = MessageProperty.All.Where(property => !property.IsWriteOnly).ToArray();

    readonly Dictionary<uint, int> rooms = new Dictionary<uint, int>();
    PropertyBag bag;

    int RoomFor(MessageProperty property)
    {
        int room;
        return property.Size > 0 ? property.Size : rooms.TryGetValue(property.Id, out room) ? room : 4;
    }

    /// <summary>Returns new buffers, after those before them were too small or were filled.</summary>
    public IntPtr Build()
    {
        Dispose();
        bag = new PropertyBag();
        foreach (var property in asked) bag.Ask(property.Id, property.Type, RoomFor(property));
        foreach (var property in asked.Where(one => one.Length != 0)) bag.Ask(property.Length, VariantType.UI4, RoomFor(property));
        return bag.Build();
    }

    Dictionary<uint, int> Lengths()
    {
        return Enumerable.Range(0, bag.Count).ToDictionary(index => bag.Id(index), index => (int)bag[index].Count);
    }

    /// <summary>Makes room for what did not fit.</summary>
    public void Grow()
    {
        var lengths = Lengths();
        foreach (var property in asked.Where(one => one.Length != 0))
            rooms[property.Id] = Math.Max(RoomFor(property), lengths[property.Length]);
    }

    public Message Read()
    {
        var lengths = Lengths();
        var message = new Message();
        for (var index = 0; index < asked.Length; index++)
        {
            var property = asked[index];
            var length = property.Length == 0 ? property.Size : lengths[property.Length];
            // The length of a text counts its end.
            if (property.Type == VariantType.Text && length > 0) length--;
            message[property.Name] = bag.Bytes(index, length);
        }
        return message;
    }

    public void Dispose()
    {
        if (bag != null) bag.Dispose();
        bag = null;
    }
}
